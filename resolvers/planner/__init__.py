"""From a document to SQL: which rows a selection stands for."""
