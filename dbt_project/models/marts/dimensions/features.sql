with

catalogue as (

    select * from {{ ref('feature_catalogue') }}

),

software_versions as (

    select * from {{ ref('software_versions') }}

),

features as (

    select
        catalogue.feature_id,
        catalogue.name,
        catalogue.is_subscription,
        catalogue.minimum_software,
        software_versions.ordinal as minimum_ordinal,
        catalogue.consent_purpose,
        filter(split(coalesce(catalogue.disabled_markets, ''), '[|]'), market -> market <> '') as disabled_markets
    from catalogue
    left join software_versions on catalogue.minimum_software = software_versions.sw_version

)

select * from features
