"""Unit summaries for leaders: counts over many people, without figures about one person."""
