-- what is learned of each shop in the three hours after each question of every two hours, an hour after that
select
    questions."shop",
    questions."asked_at",
    count(facts.learned_at) as "changes_ahead",
    sum(facts.price) as "total_ahead",
    questions."asked_at" + interval '3 hours' + interval '1 hour' as known_at
from "rule"."main"."every_two_hours" as questions
left join "rule"."main"."prices_of_shops" as facts
    on
        questions."shop" = facts."shop"
        and questions."asked_at" < facts."learned_at"
        and facts."learned_at" <= questions."asked_at" + interval '3 hours'
where questions."asked_at" + interval '3 hours' + interval '1 hour' <= cast('2024-05-01 17:00:00+00:00' as timestamptz)
group by questions."shop", questions."asked_at"
