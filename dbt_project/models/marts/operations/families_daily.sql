{%- set families = [
    'api_requests', 'assistant_interactions', 'charging', 'consents', 'feature_usage',
    'navigation', 'ota_updates', 'remote_commands', 'vehicle_lifecycle', 'vehicle_signals',
] -%}
with

calendar as (

    select day from {{ ref('calendar') }} where {{ rebuilt('day') }}

),

events as (
    {% for family in families %}
    select
        '{{ family }}' as family,
        occurred_on,
        is_late,
        is_resend
    from {{ source('silver', family) }}
    where {{ rebuilt('occurred_on') }}
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}

),

counted as (

    select
        occurred_on,
        family,
        count(*) as events,
        count_if(is_late) as late_events,
        count_if(is_resend) as resent_events
    from events
    group by occurred_on, family

),

families as (

    select explode(array({% for family in families %}'{{ family }}'{{ ", " if not loop.last }}{% endfor %})) as family

)

select
    calendar.day as occurred_on,
    families.family,
    coalesce(counted.events, 0) as events,
    coalesce(counted.late_events, 0) as late_events,
    coalesce(counted.resent_events, 0) as resent_events
from calendar
cross join families
left join counted
    on
        calendar.day = counted.occurred_on
        and families.family = counted.family
