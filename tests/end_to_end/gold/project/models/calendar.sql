select explode(sequence(date'{{ var("first_day") }}', date'{{ var("last_day") }}')) as day
