"""How good a version is, beside the champion and two baselines: metrics, intervals, curves, gates. It reads no table."""
