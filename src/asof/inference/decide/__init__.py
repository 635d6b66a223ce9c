"""Who scores a row, and what is done with its score: the arms of an experiment, and the decision policy."""
