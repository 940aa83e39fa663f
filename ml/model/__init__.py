"""The risk model: features, fit, reasons and scores."""
