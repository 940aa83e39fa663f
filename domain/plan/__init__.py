"""Performance plans (SKP): results, indicators, targets."""
