{#
  The events of a family that this model may need, each with heard_on: the day at whose end, and some minutes more (FLEET_KNOWN_AFTER), it had been
  received. What came out of quarantine by a replay was received when that ended; `replayed` is a CTE of the model with the places and times.
#}
{% macro heard(family, back) -%}
    select
        events.*,
        greatest(
            events.occurred_on,
            date(greatest(events.received_at, replayed.replayed_at) - interval {{ var('known_after_minutes', 120) | int }} minutes)
        ) as heard_on
    from {{ source('silver', family) }} as events
    left join replayed
        on
            events.topic_id = replayed.topic_id
            and events.partition = replayed.partition
            and events.offset = replayed.offset
    where {{ rebuilt('events.occurred_on', back=back) }}
{%- endmacro %}
