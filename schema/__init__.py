"""What clients see: types, inputs, unions and their descriptions."""
