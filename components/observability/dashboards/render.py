"""Dashboards as Grafana reads them, by its Foundation SDK.

https://grafana.com/docs/grafana/latest/as-code/observability-as-code/foundation-sdk/
"""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders import common, dashboard, logs, loki, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    LegendDisplayMode,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    Threshold,
    ThresholdsMode,
    VariableRefresh,
    VariableSort,
)

from components.observability.dashboards.model import Choice, Dashboard, Lines, LogLines, Number, Panel, Search

# Grafana's grid has 24 columns: two graphs or six numbers stand side by side.
_GRAPH, _NUMBER, _WIDE = (12, 8), (4, 4), (24, 14)


def render(spec: Dashboard) -> str:
    """Return the dashboard's JSON, which is the same whenever it is rendered."""
    source = DataSourceRef(type_val=spec.datasource, uid=spec.datasource)
    made = (
        dashboard.Dashboard(spec.title)
        .uid(spec.uid)
        .description(spec.description)
        .tags(["groundwork"])
        .time("now-3h", "now")
        .refresh("1m")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
    )
    for choice in spec.choices:
        made.with_variable(_choice(choice, source))
    number = 0
    for title, panels in spec.rows.items():
        number += 1
        made.with_row(dashboard.Row(title).id(number))
        for panel in panels:
            number += 1
            made.with_panel(_panel(panel, spec.datasource).id(number).datasource(source))
    return JSONEncoder(sort_keys=True, separators=(",", ":")).encode(made.build())


def _choice(choice: Choice | Search, source: DataSourceRef) -> Any:
    if isinstance(choice, Search):
        return dashboard.TextBoxVariable(choice.name).label(choice.name.capitalize())
    asked = f"{choice.metric}, {choice.label}" if choice.metric else choice.label
    return (
        dashboard.QueryVariable(choice.name)
        .label(choice.name.capitalize())
        .datasource(source)
        .query(f"label_values({asked})")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".+")
    )


def _panel(panel: Panel, datasource: str) -> Any:
    match panel:
        case Lines():
            return _lines(panel, datasource)
        case Number():
            return _number(panel, datasource)
        case LogLines():
            width, height = _WIDE
            query = loki.Dataquery().ref_id("A").expr(panel.query)
            made = logs.Panel().title(panel.title).span(width).height(height).with_target(query)
            return made.show_time(True).wrap_log_message(True).enable_log_details(True)


def _lines(panel: Lines, datasource: str) -> timeseries.Panel:
    width, height = _GRAPH
    made = timeseries.Panel().title(panel.title).unit(panel.unit).min(0).span(width).height(height)
    made.fill_opacity(10).show_points(VisibilityMode.NEVER)
    if panel.description:
        made.description(panel.description)
    if panel.stacked:
        made.stacking(common.StackingConfig().mode(StackingMode.NORMAL))
    made.legend(common.VizLegendOptions().display_mode(LegendDisplayMode.LIST).show_legend(True))
    made.tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
    for number, (legend, expression) in enumerate(panel.queries.items()):
        made.with_target(_query(datasource, chr(ord("A") + number), expression, legend))
    return made


def _number(panel: Number, datasource: str) -> stat.Panel:
    width, height = _NUMBER
    made = stat.Panel().title(panel.title).unit(panel.unit).span(width).height(height)
    steps = [Threshold(color="green", value=None)]
    if panel.alarming is not None:
        steps.append(Threshold(color="red", value=panel.alarming))
    made.thresholds(dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
    made.color_mode(BigValueColorMode.VALUE)
    return made.with_target(_query(datasource, "A", panel.query, panel.title))


def _query(datasource: str, ref: str, expression: str, legend: str) -> Any:
    language = loki if datasource == "loki" else prometheus
    return language.Dataquery().ref_id(ref).expr(expression).legend_format(legend)
