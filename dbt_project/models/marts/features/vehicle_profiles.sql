{%- set features = [
    'seat_heating', 'lane_assist', 'adaptive_cruise', 'smartphone_projection', 'ambient_light', 'park_assist', 'remote_climate', 'live_traffic',
    'highway_pilot', 'dog_mode', 'charge_planner', 'digital_key',
] -%}
{%- set uses = [] -%}
{%- for feature in features -%}{%- do uses.append(feature ~ '_uses') -%}{%- endfor -%}

{#- What a day adds, by the family that tells of it; whole numbers, so that no sum depends on an order. -#}
{%- set measures = {
    'driven': [
        'events', 'late_events', 'trips', 'driven_ms', 'driving_reports', 'speed_m_per_h', 'accelerations', 'hard_brakings', 'temperatures',
        'temperature_centidegrees', 'numbers', 'numbers_heard', 'healths', 'health_km', 'health_millipercent', 'health_km_km', 'health_km_millipercent',
    ],
    'charged': [
        'events', 'late_events', 'sessions', 'energy_wh', 'starts', 'start_percent', 'depths', 'depth_percent', 'home_sessions', 'public_sessions',
        'faulty_sessions',
    ],
    'commanded': ['events', 'late_events', 'commands', 'commands_failed', 'commands_ended'],
    'used': ['events', 'late_events'] + uses,
    'updated': ['events', 'late_events', 'updates', 'failed_updates'],
    'asked': ['events', 'late_events', 'requests', 'fallbacks', 'latencies', 'latency_ms'],
} -%}
{%- set greatest_ones = ['highest_odometer_m', 'last_charge', 'last_health', 'last_software'] -%}
{%- set least_ones = ['lowest_odometer_m', 'lowest_charge_millipercent'] -%}
{%- set sums = [] -%}
{%- for names in measures.values() -%}{%- for name in names if name not in sums -%}{%- do sums.append(name) -%}{%- endfor -%}{%- endfor -%}

{%- set of_a_day = ['trips', 'events'] + uses -%}
{%- set of_a_week = of_a_day + [
    'driven_ms', 'temperatures', 'temperature_centidegrees', 'sessions', 'energy_wh', 'commands', 'requests', 'active_days',
] -%}

with

replayed as (

    select
        quarantine.topic_id,
        quarantine.partition,
        quarantine.offset,
        max(replays.at) as replayed_at
    from {{ source('silver', 'quarantine') }} as quarantine
    inner join {{ source('ops', 'replays') }} as replays
        on
            quarantine.family = replays.family
            and quarantine.run < replays.run
            and quarantine.reason = coalesce(replays.reason, quarantine.reason)
            and quarantine.received_at >= coalesce(replays.since, quarantine.received_at)
    where replays.accepted > 0 and not replays.dry_run
    group by quarantine.topic_id, quarantine.partition, quarantine.offset

),

reports as (

    select
        *,
        speed_kmh > 0 as is_driving,
        try_element_at(signals, 'Vehicle.Acceleration.Longitudinal') as acceleration,
        odometer_m div 1000 as odometer_km,
        cast(round(state_of_charge_percent * 1000) as bigint) as charge_millipercent,
        if(odometer_m is not null, cast(round(state_of_health_percent * 1000) as bigint), null) as state_of_health_millipercent
    from ({{ heard('vehicle_signals', back=55) }})

),

boots as (

    select
        vehicle_key,
        occurred_on,
        heard_on,
        boot_id,
        count(*) as events,
        count_if(is_late) as late_events,
        count_if(is_driving) as driving_reports,
        sum(if(is_driving, cast(round(speed_kmh * 1000) as bigint), 0)) as speed_m_per_h,
        count_if(is_driving and acceleration is not null) as accelerations,
        count_if(is_driving and acceleration <= -3) as hard_brakings,
        count(outside_temperature_celsius) as temperatures,
        sum(cast(round(outside_temperature_celsius * 100) as bigint)) as temperature_centidegrees,
        min(if(is_driving, unix_millis(occurred_at), null)) as first_driven_ms,
        max(if(is_driving, unix_millis(occurred_at), null)) as last_driven_ms,
        min(sequence) as first_number,
        max(sequence) as last_number,
        count(sequence) as numbers_heard,
        count(state_of_health_millipercent) as healths,
        sum(if(state_of_health_millipercent is not null, odometer_km, 0)) as health_km,
        sum(state_of_health_millipercent) as health_millipercent,
        sum(if(state_of_health_millipercent is not null, odometer_km * odometer_km, 0)) as health_km_km,
        sum(odometer_km * state_of_health_millipercent) as health_km_millipercent,
        max(odometer_m) as highest_odometer_m,
        min(odometer_m) as lowest_odometer_m,
        min(charge_millipercent) as lowest_charge_millipercent,
        {{ last_number('charge_millipercent') }} as last_charge,
        {{ last_number('cast(round(state_of_health_percent * 1000) as bigint)') }} as last_health,
        {{ last_number("12 * try_cast(split_part(sw_version, '.', 1) as bigint) + try_cast(split_part(sw_version, '.', 2) as bigint) - 1") }} as last_software
    from reports
    group by vehicle_key, occurred_on, heard_on, boot_id

),

-- what a boot adds to its day when more of it is heard later: a trip is counted once, its length and its numbers by how far they grow
grown as (

    select
        *,
        if(boot_id is not null and sum(driving_reports) over so_far > 0, 1, 0) as trips_so_far,
        coalesce(max(last_driven_ms) over so_far - min(first_driven_ms) over so_far, 0) as driven_ms_so_far,
        coalesce(max(last_number) over so_far - min(first_number) over so_far + 1, 0) as numbers_so_far
    from boots
    window so_far as (partition by vehicle_key, occurred_on, boot_id order by heard_on)

),

driven as (

    select
        *,
        trips_so_far - lag(trips_so_far, 1, 0) over by_boot as trips,
        driven_ms_so_far - lag(driven_ms_so_far, 1, 0L) over by_boot as driven_ms,
        numbers_so_far - lag(numbers_so_far, 1, 0L) over by_boot as numbers
    from grown
    window by_boot as (partition by vehicle_key, occurred_on, boot_id order by heard_on)

),

charged as (

    select
        vehicle_key,
        occurred_on,
        heard_on,
        1 as events,
        int(is_late) as late_events,
        int(step = 'stopped') as sessions,
        if(step = 'stopped', energy_wh, 0) as energy_wh,
        int(step = 'stopped' and soc_start is not null) as starts,
        if(step = 'stopped', soc_start, 0) as start_percent,
        int(step = 'stopped' and soc_end - soc_start is not null) as depths,
        if(step = 'stopped', soc_end - soc_start, 0) as depth_percent,
        int(step = 'stopped' and location_kind <=> 'home') as home_sessions,
        int(step = 'stopped' and location_kind <=> 'public') as public_sessions,
        int(step = 'stopped' and coalesce(stop_reason in ('vehicle_fault', 'station_fault'), false)) as faulty_sessions
    from ({{ heard('charging', back=55) }})

),

commanded as (

    select
        vehicle_key,
        occurred_on,
        heard_on,
        1 as events,
        int(is_late) as late_events,
        int(step = 'requested') as commands,
        int(step in ('failed', 'expired')) as commands_failed,
        int(step in ('failed', 'expired', 'executed')) as commands_ended
    from ({{ heard('remote_commands', back=55) }})

),

attempts as (

    select
        vehicle_key,
        occurred_on,
        heard_on,
        feature_id,
        coalesce(correlation_id, event_id) as attempt,
        count(*) as events,
        count_if(is_late) as late_events,
        bool_or(action in ('started', 'stopped')) as is_use
    from ({{ heard('feature_usage', back=55) }})
    group by vehicle_key, occurred_on, heard_on, feature_id, coalesce(correlation_id, event_id)

),

-- an attempt is a use from the first day on which a step was heard that makes it one
counted_attempts as (

    select
        *,
        int(is_use and heard_on = min(if(is_use, heard_on, null)) over (partition by vehicle_key, occurred_on, feature_id, attempt)) as uses
    from attempts

),

used as (

    select
        vehicle_key,
        occurred_on,
        heard_on,
        events,
        late_events,
        {%- for feature in features %}
        if(feature_id = '{{ feature }}', uses, 0) as {{ feature }}_uses{{ ',' if not loop.last }}
        {%- endfor %}
    from counted_attempts

),

updated as (

    select
        vehicle_key,
        occurred_on,
        heard_on,
        1 as events,
        int(is_late) as late_events,
        int(step = 'succeeded') as updates,
        int(step in ('failed', 'rolled_back')) as failed_updates
    from ({{ heard('ota_updates', back=55) }})

),

asked as (

    select
        vehicle_key,
        occurred_on,
        heard_on,
        1 as events,
        int(is_late) as late_events,
        1 as requests,
        int(outcome in ('fallback', 'failed')) as fallbacks,
        int(latency_ms is not null) as latencies,
        latency_ms
    from ({{ heard('assistant_interactions', back=55) }})

),

added as (

    {% for family, names in measures.items() %}
    select
        vehicle_key,
        occurred_on,
        heard_on,
        {%- for name in sums %}
        bigint({{ name if name in names else 'null' }}) as {{ name }},
        {%- endfor %}
        {%- for name in greatest_ones + least_ones %}
        {{ name if family == 'driven' else 'bigint(null)' }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ family }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}

),

-- one vehicle is in one task from here on: no step below moves a row
of_one_vehicle as (

    select * from added
    distribute by vehicle_key

),

cells as (

    select
        vehicle_key,
        occurred_on,
        heard_on,
        {%- for name in sums %}
        coalesce(sum({{ name }}), 0) as {{ name }},
        {%- endfor %}
        {%- for name in greatest_ones %}
        max({{ name }}) as {{ name }},
        {%- endfor %}
        {%- for name in least_ones %}
        min({{ name }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from of_one_vehicle
    group by vehicle_key, occurred_on, heard_on

),

lateness as (

    select
        *,
        int(heard_on = min(heard_on) over (partition by vehicle_key, occurred_on)) as active_days,
        collect_list(if(heard_on > occurred_on, struct(occurred_on, heard_on), null)) over (partition by vehicle_key) as late_ones
    from cells

),

-- each cell is part of 28 days, and of each of them as it was known at its end and 1, 3 and 28 days later: there only if something came for it in
-- between, which the number of events, if nothing else, tells of
states as (

    select
        *,
        explode(
            filter(
                array(0, 1, 3, 28),
                later -> heard_on <= date_add(day, later)
                and {{ rebuilt('date_add(day, later)') }}
                and (
                    later = 0 or exists(
                        late_ones,
                        one -> one.occurred_on between date_sub(day, 27) and day
                        and one.heard_on > date_add(day, case later when 28 then 3 when 3 then 1 else 0 end)
                        and one.heard_on <= date_add(day, later)
                    )
                )
            )
        ) as later
    from (
        select
            *,
            date_add(occurred_on, age) as day
        from (
            select
                *,
                explode(sequence(0, 27)) as age
            from lateness
        )
    )
    where
        day >= date'{{ var("first_day", "0001-01-01") }}'
        and {{ rebuilt('day', back=28) }}

),

windows as (

    select
        vehicle_key,
        day,
        date_add(day, later) as known_on,
        {%- for name in of_a_day %}
        sum(if(age < 1, {{ name }}, 0)) as {{ name }}_1d,
        {%- endfor %}
        {%- for name in of_a_week %}
        sum(if(age < 7, {{ name }}, 0)) as {{ name }}_7d,
        {%- endfor %}
        {%- for name in sums + ['active_days'] %}
        sum({{ name }}) as {{ name }}_28d,
        {%- endfor %}
        {%- for days in [1, 7] %}
        max(if(age < {{ days }}, highest_odometer_m, null)) - min(if(age < {{ days }}, lowest_odometer_m, null)) as distance_m_{{ days }}d,
        {%- endfor %}
        max(highest_odometer_m) - min(lowest_odometer_m) as distance_m_28d,
        max(highest_odometer_m) as odometer_m,
        min(lowest_charge_millipercent) as lowest_charge_millipercent,
        max(last_charge) % 131072 as charge_millipercent,
        max(last_health) % 131072 as state_of_health_millipercent,
        max(last_software) % 131072 as software_month
    from states
    group by vehicle_key, day, later

),

named as (

    select
        vehicle_key,
        day,
        cast(date_add(known_on, 1) as timestamp) + interval {{ var('known_after_minutes', 120) | int }} minutes as known_at,
        known_on,
        {%- for days in [1, 7, 28] %}
        float(trips_{{ days }}d) as trips_{{ days }}d,
        {%- endfor %}
        {%- for days in [1, 7, 28] %}
        cast(distance_m_{{ days }}d / 1000D as float) as distance_km_{{ days }}d,
        {%- endfor %}
        {%- for days in [7, 28] %}
        cast(driven_ms_{{ days }}d / 3600000D as float) as driving_hours_{{ days }}d,
        {%- endfor %}
        {{ share_of('speed_m_per_h_28d / 1000D', 'driving_reports_28d') }} as mean_speed_kmh_28d,
        {{ share_of('hard_brakings_28d', 'accelerations_28d') }} as hard_braking_share_28d,
        cast(odometer_m / 1000D as float) as odometer_km,
        {{ share_of('temperature_centidegrees_7d / 100D', 'temperatures_7d') }} as outside_temperature_celsius_7d,
        {%- for days in [7, 28] %}
        float(sessions_{{ days }}d) as charging_sessions_{{ days }}d,
        {%- endfor %}
        {%- for days in [7, 28] %}
        cast(energy_wh_{{ days }}d / 1000D as float) as charged_kwh_{{ days }}d,
        {%- endfor %}
        {{ share_of('start_percent_28d', 'starts_28d') }} as charge_start_percent_28d,
        {{ share_of('depth_percent_28d', 'depths_28d') }} as charge_depth_percent_28d,
        {{ share_of('home_sessions_28d', 'sessions_28d') }} as home_charging_share_28d,
        {{ share_of('public_sessions_28d', 'sessions_28d') }} as public_charging_share_28d,
        {{ share_of('faulty_sessions_28d', 'sessions_28d') }} as charging_fault_share_28d,
        cast(charge_millipercent / 1000D as float) as state_of_charge_percent,
        cast(lowest_charge_millipercent / 1000D as float) as lowest_charge_percent_28d,
        cast(state_of_health_millipercent / 1000D as float) as state_of_health_percent,
        -- millipercent per km × 10,000 km / 1,000
        {{ share_of(
            '10D * (cast(healths_28d as decimal(19, 0)) * health_km_millipercent_28d - cast(health_km_28d as decimal(19, 0)) * health_millipercent_28d)',
            'cast(healths_28d as decimal(19, 0)) * health_km_km_28d - cast(health_km_28d as decimal(19, 0)) * health_km_28d'
        ) }} as health_slope_per_10000_km_28d,
        {%- for days in [7, 28] %}
        float(commands_{{ days }}d) as commands_{{ days }}d,
        {%- endfor %}
        {{ share_of('commands_failed_28d', 'commands_ended_28d') }} as command_failure_share_28d,
        {%- for days in [1, 7, 28] %}
        float(events_{{ days }}d) as events_{{ days }}d,
        {%- endfor %}
        {{ share_of('late_events_28d', 'events_28d') }} as late_share_28d,
        {{ share_of('greatest(numbers_28d - numbers_heard_28d, 0)', 'numbers_28d') }} as lost_share_28d,
        float(7 - active_days_7d) as silent_days_7d,
        float(28 - active_days_28d) as silent_days_28d,
        float(datediff(day, make_date(int(software_month div 12), int(software_month % 12 + 1), 1))) as software_age_days,
        float(updates_28d) as updates_28d,
        float(failed_updates_28d) as failed_updates_28d,
        {%- for days in [7, 28] %}
        float(requests_{{ days }}d) as assistant_requests_{{ days }}d,
        {%- endfor %}
        {{ share_of('fallbacks_28d', 'requests_28d') }} as assistant_fallback_share_28d,
        {{ share_of('latency_ms_28d', 'latencies_28d') }} as assistant_latency_ms_28d,
        {%- for days in [7, 28] %}
        float({% for feature in features %}int({{ feature }}_uses_{{ days }}d > 0){{ ' + ' if not loop.last }}{% endfor %}) as features_used_{{ days }}d,
        {%- endfor %}
        {%- for feature in features %}
        {%- for days in [1, 7, 28] %}
        float({{ feature }}_uses_{{ days }}d) as {{ feature }}_uses_{{ days }}d{{ ',' if not loop.last }}
        {%- endfor %}{{ ',' if not loop.last }}
        {%- endfor %}
    from windows

)

select * from named
