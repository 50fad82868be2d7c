{%- set slice = ['model', 'market', 'sw_version'] -%}
{%- set measures = [
    'eligible', 'users', 'dav', 'wav', 'mav', 'adopted', 'former_users', 'users_not_eligible',
    'uses', 'successes', 'duration_ms', 'active_days', 'uses_not_eligible',
] -%}
with

days as (

    select day as used_on from {{ ref('calendar') }}
    where {{ rebuilt('day') }}

),

features as (

    select feature_id from {{ ref('features') }}

),

feature_vehicle_days as (

    select * from {{ ref('feature_vehicle_days') }}
    where {{ rebuilt('used_on') }}

),

feature_vehicle_bits as (

    select * from {{ ref('feature_vehicle_bits') }}
    where {{ rebuilt('counted_on') }}

),

vehicle_features as (

    select * from {{ ref('vehicle_features') }}
    where
        is_eligible
        and from_on <= {{ last_rebuilt() }}
        and (to_on is null or to_on > {{ first_rebuilt() }})

),

vehicles as (

    select * from {{ ref('vehicles') }}
    where from_on <= {{ last_rebuilt() }} and (to_on is null or to_on > {{ first_rebuilt() }})

),

first_uses as (

    select * from {{ ref('feature_first_uses') }}

),

eligible_intervals as (

    select
        vehicle_features.feature_id,
        {%- for name in slice %}
        vehicles.{{ name }},
        {%- endfor %}
        greatest(vehicle_features.from_on, vehicles.from_on) as from_on,
        least(vehicle_features.to_on, vehicles.to_on) as to_on,
        first_uses.from_on as first_on
    from vehicle_features
    inner join vehicles
        on
            vehicle_features.vehicle_key = vehicles.vehicle_key
            and vehicle_features.from_on < coalesce(vehicles.to_on, date '9999-12-31')
            and vehicles.from_on < coalesce(vehicle_features.to_on, date '9999-12-31')
    left join first_uses
        on vehicle_features.vehicle_key = first_uses.vehicle_key and vehicle_features.feature_id = first_uses.feature_id

),

adopted_intervals as (

    select
        *,
        if(first_on < coalesce(to_on, date '9999-12-31'), greatest(from_on, first_on), null) as adopted_on
    from eligible_intervals

),

edges as ( -- who is eligible on a day is counted by those who begin and end to be, not day by day

    select
        feature_id,
        {{ slice | join(', ') }},
        edge.changed_on,
        edge.eligible,
        edge.adopted
    from adopted_intervals
        lateral view explode(array(
            struct(from_on as changed_on, 1 as eligible, 0 as adopted),
            struct(to_on as changed_on, -1 as eligible, 0 as adopted),
            struct(adopted_on as changed_on, 0 as eligible, 1 as adopted),
            struct(if(adopted_on is not null, to_on, null) as changed_on, 0 as eligible, -1 as adopted)
        )) as edge

),

levels as (

    select
        feature_id,
        {{ slice | join(', ') }},
        changed_on as from_on,
        sum(sum(eligible)) over in_time as eligible,
        sum(sum(adopted)) over in_time as adopted,
        lead(changed_on, 1, date_add({{ last_rebuilt() }}, 1)) over in_time as to_on
    from edges
    where changed_on <= {{ last_rebuilt() }}
    group by feature_id, {{ slice | join(', ') }}, changed_on
    window in_time as (partition by feature_id, {{ slice | join(', ') }} order by changed_on)

),

eligible as (

    select
        used_on,
        feature_id,
        {{ slice | join(', ') }},
        eligible,
        adopted
    from levels
        lateral view explode(sequence(greatest(from_on, {{ first_rebuilt() }}), date_sub(to_on, 1))) as used_on
    where eligible > 0 and to_on > {{ first_rebuilt() }} and {{ rebuilt('used_on') }}

),

active as (

    select
        counted_on as used_on,
        feature_id,
        {{ slice | join(', ') }},
        count_if(is_eligible and bits & 1 = 1) as dav,
        count_if(is_eligible and bits & 127 > 0) as wav,
        count_if(is_eligible) as mav,
        count_if(not is_eligible) as former_users,
        sum(if(is_eligible, bit_count(bits), 0)) as active_days
    from feature_vehicle_bits
    group by counted_on, feature_id, {{ slice | join(', ') }}

),

used as (

    select
        used_on,
        feature_id,
        {{ slice | join(', ') }},
        count_if(is_eligible) as users,
        count_if(not is_eligible) as users_not_eligible,
        sum(if(is_eligible, uses, 0)) as uses,
        sum(if(is_eligible, successes, 0)) as successes,
        sum(if(is_eligible, duration_ms, 0)) as duration_ms,
        sum(if(is_eligible, 0, uses)) as uses_not_eligible
    from feature_vehicle_days
    group by used_on, feature_id, {{ slice | join(', ') }}

),

groups as (

    {%- for relation, held in [
        ('eligible', ['eligible', 'adopted']),
        ('active', ['dav', 'wav', 'mav', 'former_users', 'active_days']),
        ('used', ['users', 'users_not_eligible', 'uses', 'successes', 'duration_ms', 'uses_not_eligible']),
    ] %}
    select
        {%- for name in measures %}
        {{ name if name in held else '0 as ' ~ name }},
        {%- endfor %}
        {{ slice | join(', ') }},
        used_on,
        feature_id
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

sliced as ( -- vehicles are alike in a group, and in one group only: so they add up

    select
        {%- for name in slice %}
        coalesce(groups.{{ name }}, 'all') as {{ name }},
        {%- endfor %}
        {%- for name in measures %}
        sum(groups.{{ name }}) as {{ name }},
        {%- endfor %}
        groups.used_on,
        groups.feature_id
    from groups
    inner join features on groups.feature_id = features.feature_id
    group by
        groups.used_on,
        groups.feature_id,
        grouping sets ((), (groups.model), (groups.market), (groups.sw_version), (groups.model, groups.market, groups.sw_version))

),

silent as ( -- features that nobody has, and nobody used

    select
        {%- for name in slice %}
        'all' as {{ name }},
        {%- endfor %}
        {%- for name in measures %}
        0 as {{ name }},
        {%- endfor %}
        days.used_on,
        features.feature_id
    from days
    cross join features
    left anti join groups on days.used_on = groups.used_on and features.feature_id = groups.feature_id

),

whole as (

    select * from sliced
    union all
    select * from silent

),

counted as (

    select
        *,
        adopted / nullif(eligible, 0) as adoption,
        mav / nullif(eligible, 0) as penetration,
        dav / nullif(mav, 0) as stickiness,
        active_days / nullif(mav, 0) as intensity,
        successes / nullif(uses, 0) as success_rate
    from whole

),

published as (

    {{ withheld(
        'counted',
        within=['used_on', 'feature_id'],
        slices=slice,
        counts={
            'eligible': ['adoption', 'penetration'],
            'users': ['uses', 'duration_ms', 'success_rate'],
            'dav': ['successes', 'stickiness', 'success_rate'],
            'wav': [],
            'mav': ['active_days', 'penetration', 'stickiness', 'intensity'],
            'adopted': ['adoption'],
            'former_users': [],
            'users_not_eligible': ['uses_not_eligible'],
        },
        of={'users': 'eligible', 'dav': 'eligible', 'wav': 'eligible', 'mav': 'eligible', 'adopted': 'eligible'},
    ) | indent(4) }}

)

select * from published
