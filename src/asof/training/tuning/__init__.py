"""The search of hyper-parameters: trials on rolling-origin folds, kept in the warehouse."""
