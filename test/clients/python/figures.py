"""Charts of matplotlib, as the published Python client gives them to its users."""

import base64

from daytona import Sandbox
from daytona.common.charts import BarChart, BoxAndWhiskerChart, CompositeChart, LineChart, PieChart, ScatterChart

PNG = b"\x89PNG\r\n\x1a\n"

SHOWN = """
import datetime
import matplotlib.pyplot as plt
plt.plot([datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)], [1, float("nan")], label="l")
plt.title("Line"); plt.xlabel("x"); plt.ylabel("y"); plt.show()
plt.scatter(["mon", "tue"], [3, 4], label="s"); plt.show()
plt.bar(["a", "b"], [5, 2.5], label="g"); plt.show()
plt.pie([1, 3], labels=["p", "q"]); plt.show()
plt.boxplot([[1, 2, 3, 4, 50]]); plt.show()
figure, (left, right) = plt.subplots(1, 2)
left.plot([1, 2]); right.bar(["c"], [1]); figure.suptitle("Both"); plt.show()
print("printed")
"""


def charts(sandbox: Sandbox) -> None:
    response = sandbox.process.code_run(SHOWN)
    assert (response.exit_code, response.result) == (0, "printed\n"), response.result
    made = response.artifacts.charts
    kinds = [LineChart, ScatterChart, BarChart, PieChart, BoxAndWhiskerChart, CompositeChart]
    assert [type(chart) for chart in made] == kinds, made
    for chart in made:
        assert base64.b64decode(chart.png).startswith(PNG)
    line, scatter, bar, pie, box, both = made
    assert (line.title, line.x_label, line.y_label, line.x_scale) == ("Line", "x", "y", "linear")
    assert (line.elements[0].label, line.elements[0].points) == ("l", [[19723, 1]])
    assert 19723 in line.x_ticks and len(line.x_ticks) == len(line.x_tick_labels)
    assert (scatter.x_ticks, scatter.x_tick_labels) == ([0, 1], ["mon", "tue"])
    assert scatter.elements[0].points == [[0, 3], [1, 4]]
    assert [(e.label, e.group, e.value) for e in bar.elements] == [("a", "g", "5"), ("b", "g", "2.5")]
    assert [(e.label, e.angle, e.radius) for e in pie.elements] == [("p", 90, 1), ("q", 270, 1)]
    found = box.elements[0]
    assert (found.min, found.first_quartile, found.median, found.third_quartile, found.max) == (1, 2, 3, 4, 4)
    assert found.outliers == [50]
    assert (both.title, [part.type for part in both.elements]) == ("Both", ["line", "bar"])
    nested = [part.additional_properties["elements"] for part in both.elements]
    assert nested == [
        [{"label": "Line 1", "points": [[0, 1], [1, 2]]}],
        [{"label": "c", "group": "Group 1", "value": "1"}],
    ], nested
