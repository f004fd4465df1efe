"""Tables, JSON and plots of what was measured."""

import json

# Above this, the outputs are not those of the same computation.
AGREEMENT = {"f32": 1e-4, "bf16": 0.1, "int8": 0.3}
COLORS = {
    "cvt": "#d62728",
    "pytorch": "#ff9d5c",
    "onnxruntime": "#8c8c8c",
    "openvino": "#4c78a8",
    "iree": "#72b7b2",
}


def format_cell(cell):
    if cell is None:
        return "-"
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell)


def table(header, rows):
    """Aligned lines; columns of text only are to the left."""
    cells = [header, *([format_cell(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    left = [
        all(isinstance(cell, str) for cell in column)
        for column in zip(*rows, strict=True)
    ]
    lines = []
    for row in cells:
        padded = (
            cell.ljust(width) if to_left else cell.rjust(width)
            for cell, width, to_left in zip(row, widths, left, strict=True)
        )
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def ratio_cells(ratio):
    """The two cells of what statistic says of pairs of rounds, which may be None."""
    if ratio is None:
        return [None, "-"]
    return [ratio["median"], f"{ratio['low']:.2f} - {ratio['high']:.2f}"]


def disagrees(row):
    return not row["difference"] <= AGREEMENT[row["precision"]]


def comparison(rows):
    """The table of measure.measure_model's rows, and below it what is not
    there or not right."""
    measured = [row for row in rows if not row["unavailable"]]
    lines = []
    if measured:
        lines.append(
            table(
                [
                    *("model", "batch", "precision", "peer", "median ms", "p99 ms"),
                    *("x ours", "quartiles", "difference"),
                ],
                [comparison_cells(row) for row in measured],
            )
        )
    for row in rows:
        where = f"{row['model']} batch {row['batch']}: {row['peer']} {row['precision']}"
        if row["unavailable"]:
            lines.append(f"not available: {where}: {row['unavailable']}")
        elif disagrees(row):
            lines.append(f"OUTPUTS DISAGREE: {where}: {row['difference']:.1e}")
    return "\n".join(lines)


def comparison_cells(row):
    return [
        *(row["model"], row["batch"], row["precision"], row["peer"]),
        *(row["median_ms"], row["p99_ms"]),
        *ratio_cells(row["ratio"]),
        f"{row['difference']:.0e}",
    ]


def plot_comparison(rows, path):
    """A panel for each model and batch, a bar for each peer and precision."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    groups = {}
    for row in rows:
        if not row["unavailable"]:
            groups.setdefault((row["model"], row["batch"]), []).append(row)
    if not groups:
        return
    heights = [0.35 * len(group) + 0.8 for group in groups.values()]
    figure, axes = pyplot.subplots(
        len(groups),
        figsize=(8, sum(heights)),
        height_ratios=heights,
        squeeze=False,
        layout="constrained",
    )
    for axis, ((model, batch), group) in zip(axes.flat, groups.items(), strict=True):
        draw_bars(axis, group)
        axis.set_title(f"{model}, batch {batch}: milliseconds, median")
    figure.savefig(path)
    pyplot.close(figure)


def draw_bars(axis, group):
    names = [f"{row['peer']} {row['precision']}" for row in group]
    medians = [row["median_ms"] for row in group]
    tails = [row["p99_ms"] - row["median_ms"] for row in group]
    bars = axis.barh(
        names,
        medians,
        xerr=[[0] * len(tails), tails],
        color=[COLORS[row["peer"]] for row in group],
        ecolor="#444444",
    )
    texts = [
        f"{row['median_ms']:.1f}"
        + (f"  ({row['ratio']['median']:.2f} x ours)" if row["ratio"] else "")
        for row in group
    ]
    axis.bar_label(bars, texts, padding=6, fontsize=8)
    axis.invert_yaxis()
    axis.margins(x=0.25)
    axis.spines[["top", "right"]].set_visible(False)


def write_json(content, path):
    path.write_text(json.dumps(content, indent=1) + "\n")
