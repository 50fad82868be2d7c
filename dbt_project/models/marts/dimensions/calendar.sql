with

days as (

    select explode(sequence(date'{{ var("first_day") }}', date'{{ var("last_day") }}')) as day

)

select
    day,
    cast(date_trunc('week', day) as date) as week_on,
    cast(date_trunc('month', day) as date) as month_on
from days
