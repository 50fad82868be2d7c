"""What is beside unit costs: training runs, savings, waste, and whether all adds up to the invoices."""

from collections.abc import Sequence

from dashboards import numbers
from dashboards.elements import Column
from dashboards.queries import cost as ask
from dashboards.view import View
from dashboards.widgets import listing, panel


def show(view: View) -> None:
    """A panel for each table."""
    for title, says, table, query, columns in BOOKS:
        with panel(view, title, table):
            listing(says, columns, view.ask(query), table.removeprefix("gold."))


BOOKS: Sequence[tuple[str, str, str, str, Sequence[Column]]] = (
    (
        "Training runs",
        "Charges with the tag of a run",
        "gold.cost_per_training_run",
        ask.RUNS,
        (
            Column("training_run", "Run"),
            Column("first_charged_on", "From"),
            Column("last_charged_on", "To"),
            Column("charges", "Charges", numbers.count),
            Column("cost_eur", "Cost", numbers.eur),
        ),
    ),
    (
        "Saved against the signed baselines",
        "Units times what they cost less than the baseline",
        "gold.cost_savings_monthly",
        ask.SAVINGS,
        (
            Column("month_on", "Month"),
            Column("scope", "Of"),
            Column("unit", "Unit"),
            Column("units", "Units", numbers.count),
            Column("cost_eur_per_unit", "Costs", numbers.eur),
            Column("baseline_eur_per_unit", "Baseline", numbers.eur),
            Column("saved_eur", "Saved", numbers.eur),
            Column("saved_share", "Saved", numbers.share),
        ),
    ),
    (
        "Waste",
        "Small files, idle pools and the like",
        "gold.cost_waste",
        ask.WASTE,
        (
            Column("kind", "Kind"),
            Column("subject", "Where"),
            Column("quantity", "Quantity", numbers.count),
            Column("unit", "Unit"),
            Column("share", "Share", numbers.share),
        ),
    ),
    (
        "Invoices, to the cent",
        "What is allocated and what is not add up to each invoice",
        "gold.cost_reconciliation",
        ask.INVOICES,
        (
            Column("provider_name", "Provider"),
            Column("invoice_id", "Invoice"),
            Column("billing_period_on", "Period"),
            Column("billing_currency", "Currency"),
            Column("charges", "Charges", numbers.count),
            Column("billed_cost", "Billed", numbers.number2),
            Column("billed_cost_allocated", "Allocated", numbers.number2),
            Column("billed_cost_unallocated", "Unallocated", numbers.number2),
        ),
    ),
)
