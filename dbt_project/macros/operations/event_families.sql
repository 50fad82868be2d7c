{# Families of events: every table of silver that vehicles and back ends fill, quarantine and billing aside. #}
{% macro event_families() %}
    {{ return([
        'api_requests',
        'assistant_interactions',
        'charging',
        'consents',
        'feature_usage',
        'navigation',
        'ota_updates',
        'remote_commands',
        'vehicle_lifecycle',
        'vehicle_signals',
    ]) }}
{% endmacro %}
