with
days as (select family, vehicle_key, boot_id, day from heard group by all),
begun as (
    select d.* from days d
    semi join calendar c on c.day = d.day
    anti join days b on b.family = d.family and b.vehicle_key = d.vehicle_key and b.boot_id = d.boot_id and b.day between d.day - 2 and d.day - 1
),
counts as (
    select b.day, b.vehicle_key, b.family, b.boot_id, count(distinct h.sequence) as heard, max(h.sequence) + 1 - count(distinct h.sequence) as lost
    from begun b
    join heard h on h.family = b.family and h.vehicle_key = b.vehicle_key and h.boot_id = b.boot_id and h.day between b.day and b.day + 2
    group by all
)
select day as begun_on, vehicle_key, count(*) as counts, sum(heard) as heard, sum(lost) as lost from counts group by all
