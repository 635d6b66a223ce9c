-- the rows that are due
SELECT
  COUNT(*) AS rows
FROM (
  SELECT
    *
  FROM "toy"."features"."toy_view"
  WHERE
    "asked_at" > CAST('2024-03-18 00:00:00+00:00' AS TIMESTAMPTZ)
    AND "asked_at" <= CAST('2024-03-20 00:00:00+00:00' AS TIMESTAMPTZ)
);

-- the rows that no run will score
WITH last AS (
  SELECT
    MAX(window_to) AS reached
  FROM "toy"."ml"."prediction_runs"
  WHERE
    status IN ('done', 'empty')
    AND model = 'big'
    AND window_to <= CAST('2024-03-20 00:00:00+00:00' AS TIMESTAMPTZ)
)
SELECT
  COUNT(*) AS rows,
  ANY_VALUE(reached) AS reached
FROM "toy"."features"."toy_view", last
WHERE
  "asked_at" > reached
  AND "asked_at" <= CAST('2024-03-18 00:00:00+00:00' AS TIMESTAMPTZ);

-- the rows that were scored from other features
SELECT
  COUNT(*) AS rows
FROM (
  SELECT
    *,
    HASH("amount", "colour") AS asof_now
  FROM (
    SELECT
      *
    FROM "toy"."features"."toy_view"
    WHERE
      "asked_at" > CAST('2024-03-18 00:00:00+00:00' AS TIMESTAMPTZ)
      AND "asked_at" <= CAST('2024-03-20 00:00:00+00:00' AS TIMESTAMPTZ)
  )
) AS due
INNER JOIN (
  SELECT
    *
  FROM "toy"."predictions"."big" AS done
  WHERE
    done.version = 4
    AND done.version = 4
    AND done.as_of > CAST('2024-03-18 00:00:00+00:00' AS TIMESTAMPTZ)
    AND done.as_of <= CAST('2024-03-20 00:00:00+00:00' AS TIMESTAMPTZ)
) AS done
  ON "due"."id" = "done"."id" AND "due"."asked_at" = "done"."as_of"
WHERE
  done.features_hash <> due.asof_now
  AND done.run_id IN (
    SELECT
      run_id
    FROM "toy"."ml"."prediction_runs"
    WHERE
      duckdb_version = '1.5.6'
  );

-- the rows that are rescored
SELECT
  0;

-- the rows to score
SELECT
  "id" AS "id",
  "asked_at" AS "asked_at",
  CAST("amount" AS BIGINT) AS "amount",
  CAST("colour" AS TEXT) AS "colour",
  HASH("amount", "colour") AS asof_features_hash
FROM (
  SELECT
    due.*
  FROM (
    SELECT
      *
    FROM "toy"."features"."toy_view"
    WHERE
      "asked_at" > CAST('2024-03-18 00:00:00+00:00' AS TIMESTAMPTZ)
      AND "asked_at" <= CAST('2024-03-20 00:00:00+00:00' AS TIMESTAMPTZ)
  ) AS due
  ANTI JOIN (
    SELECT
      *
    FROM "toy"."predictions"."big" AS done
    WHERE
      done.version = 4
      AND done.as_of > CAST('2024-03-18 00:00:00+00:00' AS TIMESTAMPTZ)
      AND done.as_of <= CAST('2024-03-20 00:00:00+00:00' AS TIMESTAMPTZ)
  ) AS done
    ON "due"."id" = "done"."id" AND "due"."asked_at" = "done"."as_of"
);

-- what is written
INSERT INTO t BY NAME
SELECT
  *
  EXCLUDE (threshold)
  REPLACE (CAST(NULL AS JSON) AS features)
FROM (
  SELECT
    "scored".*,
    CAST((
      NULL
    ) AS TEXT) AS decision
  FROM (
    SELECT
      CAST("id" AS BIGINT) AS "id",
      "asked_at" AS as_of,
      'big' AS model,
      CAST(4 AS INT) AS version,
      'champion' AS alias,
      asof_scores AS score,
      asof_scores >= CAST(0.5 AS DOUBLE) AS prediction,
      CAST(NULL AS JSON) AS reasons,
      {'amount': CAST("amount" AS BIGINT), 'colour': CAST("colour" AS TEXT)} AS features,
      asof_features_hash AS features_hash,
      "asked_at" < CAST('2024-03-10 00:00:00+00:00' AS TIMESTAMPTZ) AS hindsight,
      'a-run' AS run_id,
      CAST('2024-03-20 00:00:00+00:00' AS TIMESTAMPTZ) AS scored_at,
      CAST(NULL AS TIMESTAMPTZ) AS gone_at,
      CAST(0.5 AS DOUBLE) AS threshold
    FROM "asof_batches"
  ) AS "scored"
);

-- the questions that are gone
UPDATE "toy"."predictions"."big" AS done SET gone_at = CASE
  WHEN EXISTS(
    SELECT
      1
    FROM "toy"."features"."toy_view" AS due
    WHERE
      "due"."id" = "done"."id" AND "due"."asked_at" = "done"."as_of"
  )
  THEN NULL
  ELSE COALESCE(gone_at, CAST('2024-03-20 00:00:00+00:00' AS TIMESTAMPTZ))
END
WHERE
  done.as_of > CAST('2024-03-18 00:00:00+00:00' AS TIMESTAMPTZ)
  AND done.as_of <= CAST('2024-03-20 00:00:00+00:00' AS TIMESTAMPTZ)
  AND (
    gone_at IS NULL
  ) IS DISTINCT FROM EXISTS(
    SELECT
      1
    FROM "toy"."features"."toy_view" AS due
    WHERE
      "due"."id" = "done"."id" AND "due"."asked_at" = "done"."as_of"
  );

-- how many are gone
SELECT
  COUNT(*) AS rows
FROM (
  SELECT
    *
  FROM "toy"."predictions"."big" AS done
  WHERE
    done.version = 4
    AND NOT gone_at IS NULL
    AND done.as_of > CAST('2024-03-18 00:00:00+00:00' AS TIMESTAMPTZ)
    AND done.as_of <= CAST('2024-03-20 00:00:00+00:00' AS TIMESTAMPTZ)
);
