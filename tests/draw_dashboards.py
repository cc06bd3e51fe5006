"""Draws Grafana dashboards as a Prometheus fills them, a picture each, for somebody to look at.

    draw_dashboards.py PROMETHEUS FOLDER PICTURES

FOLDER has the dashboards' JSON. It needs `matplotlib`, and what `check_dashboards.py` needs, which asks Prometheus.
"""

import json
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot


def draw(dashboard, answers, file):
    pyplot.rcParams.update({"font.size": 6, "axes.titlesize": 7})
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"])
    figure = pyplot.figure(figsize=(14, height * 0.3 + 0.5), facecolor="white")
    figure.suptitle(dashboard["title"], fontsize=11, y=0.999)

    def area(place, inner=True):
        left, bottom = place["x"] / 24, 1 - (place["y"] + place["h"]) / height
        width, tall = place["w"] / 24, place["h"] / height
        if not inner:
            return [left, bottom, width, tall]
        return [left + 0.022, bottom + 0.8 / height, width - 0.032, tall - 2.0 / height]

    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            left, bottom, _, tall = area(panel["gridPos"], inner=False)
            figure.text(left + 0.005, bottom + tall * 0.2, "▾ " + panel["title"], fontsize=9, fontweight="bold")
    for panel, series in answers:
        axes = figure.add_axes(area(panel["gridPos"]))
        defaults = panel["fieldConfig"]["defaults"]
        axes.set_title(f"{panel['title']}  [{defaults['unit']}]", loc="left")
        steps = defaults["thresholds"]["steps"]
        if panel["type"] == "timeseries":
            for what, values in series:
                axes.plot([when - values[-1][0] for when, _ in values], [value for _, value in values], label=what or panel["title"])
            top = axes.get_ylim()
            for step in steps[1:]:
                axes.axhline(step["value"], color=step["color"], linewidth=0.7, linestyle="--")
            low, high = min(top[0], 0), max(top[1], 1e-9)
            axes.set_ylim(low - (high - low) * 0.03, high + (high - low) * 0.08)
            if 0 < len(series) <= 12:
                axes.legend(loc="upper left", fontsize=5, framealpha=0.5)
        elif panel["type"] == "heatmap":
            heat(axes, series)
        elif panel["type"] == "table":
            axes.axis("off")
            lines = [f"{what}   {values[-1][1]:.4g}" for what, values in series]
            axes.text(0, 1, "\n".join(lines), va="top", fontsize=7, wrap=True)
        else:
            axes.axis("off")
            for index, (what, values) in enumerate(series):
                value = values[-1][1]
                color = [step["color"] for step in steps if step["value"] is None or value >= step["value"]][-1]
                size = 14 if len(series) < 3 else 8
                text = f"{value:.4g}" + (f"  {what}" if len(series) > 1 else "")
                axes.text(0.02, 1 - (index + 0.5) / len(series), text, fontsize=size, color=color, va="center")
    figure.savefig(file, dpi=80)
    pyplot.close(figure)


def heat(axes, series):
    """Of buckets that each count what the lower ones do, what is in each."""
    series = sorted(series, key=lambda one: float(one[0] or "inf"))
    times = sorted({when for _, values in series for when, _ in values})
    rows, lower = [], dict.fromkeys(times, 0.0)
    for _, values in series:
        counts = dict(values)
        rows.append([max(counts.get(when, 0.0) - lower[when], 0.0) for when in times])
        lower = {when: counts.get(when, lower[when]) for when in times}
    if rows:
        axes.imshow(rows, aspect="auto", origin="lower", cmap="Oranges", interpolation="nearest")
        axes.set_yticks(range(len(series)), [what for what, _ in series], fontsize=5)
        axes.set_xticks([])


def main():
    from check_dashboards import Prometheus, check_queries

    url, folder, pictures = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    pictures.mkdir(parents=True, exist_ok=True)
    for file in sorted(folder.glob("*.json")):
        dashboard = json.loads(file.read_text())
        answers = check_queries(file.name, dashboard, Prometheus(url))
        draw(dashboard, answers, pictures / f"{file.stem}.png")


if __name__ == "__main__":
    main()
