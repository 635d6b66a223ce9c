"""What a data scientist writes without asof: read the table, split it by time, fit, look at the test split, save."""

import os
import sys
from pathlib import Path

import duckdb
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score
from xgboost import XGBClassifier

with duckdb.connect(sys.argv[1], read_only=True) as warehouse:
    rows = warehouse.sql("select * from main_features.question_features order by asked_at, question_id").df()
texts = [name for name in rows if name.startswith("text_")]
rows[texts] = rows[texts].astype("category")
features = [name for name in rows if name.startswith(("ratio_", "count_", "text_"))]
end = pd.Timestamp("2025-01-01", tz="UTC")
train = rows[rows["asked_at"] < end - pd.Timedelta(days=30)]
test = rows[rows["asked_at"] >= end - pd.Timedelta(days=20)]
model = XGBClassifier(
    n_estimators=int(os.environ["TREES"]),
    max_depth=6,
    learning_rate=0.1,
    n_jobs=int(os.environ["THREADS"]),
    random_state=7,
    enable_categorical=True,
)
model.fit(train[features], train["is_yes"])
scores = model.predict_proba(test[features])[:, 1]
print(f"roc_auc {roc_auc_score(test['is_yes'], scores):.6f}  log_loss {log_loss(test['is_yes'], scores):.6f}")
model.save_model(Path(sys.argv[1]).with_suffix(".ubj"))
