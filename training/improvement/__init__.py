"""Did the training help: eligible trials, their verdict, and the textbook estimates they are held against."""
