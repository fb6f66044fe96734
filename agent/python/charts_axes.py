"""What the axes of a figure hold, as the fields of a chart."""

import math
import weakref

# Places of one chart that are told as numbers; a figure with more is told as a picture.
MOST_POINTS = 200000
# Longest text of a title or label, characters.
TEXT_LENGTH = 10000


class TooMany(Exception):
    """The figure has more to tell than fits: its picture has to do."""


class Boxes:
    """What box plots were made of: the drawn lines do not tell it."""

    def __init__(self):
        self.kept = weakref.WeakKeyDictionary()

    def add(self, axes, stats, made):
        try:
            self.kept.setdefault(axes, []).append((list(stats), made))
        except Exception:
            pass  # statistics of a form that we do not know: the chart will be told without them

    def of(self, axes):
        """Pairs of statistics and artists that are still drawn."""
        drawn = set(axes.lines)
        for stats, made in self.kept.get(axes, []):
            medians = made.get("medians") or []
            if medians and medians[0] in drawn:
                yield stats, made


def title_of_figure(figure):
    title = getattr(figure, "_suptitle", None)
    return "" if title is None else text_of(title.get_text())


def is_chart(axes):
    """False for what is no chart of its own: colour bars, hidden and empty axes."""
    if not axes.get_visible() or hasattr(axes, "_colorbar") or axes.get_label() == "<colorbar>":
        return False
    return axes.has_data() or bool(axes.patches) or bool(axes.tables)


def describe_axes(axes, boxes):
    """One chart without its picture."""
    title = next((text_of(axes.get_title(loc)) for loc in ("center", "left", "right") if axes.get_title(loc)), "")
    for kind, find in (("pie", pie), ("box_and_whisker", box), ("bar", bar), (None, points)):
        elements = find(axes, boxes) if axes.name == "rectilinear" else None
        if not elements:
            continue
        if kind == "pie":
            return {"type": kind, "title": title, "elements": elements}
        if kind is None:
            kind, elements = elements
        return {"type": kind, "title": title, **two_dimensions(axes), "elements": elements}
    return {"type": "unknown", "title": title, "elements": []}


def two_dimensions(axes):
    fields = {}
    for name, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
        ticks, labels = ticks_of(axis)
        fields[name + "_label"] = text_of(axis.get_label().get_text())
        fields[name + "_ticks"] = ticks
        fields[name + "_tick_labels"] = labels
        fields[name + "_scale"] = text_of(axis.get_scale())
    return fields


def ticks_of(axis):
    """Ticks that are in view, as the numbers that matplotlib counts in (days for dates, 0, 1, … for categories)."""
    low, high = sorted(axis.get_view_interval())
    slack = (high - low) * 1e-9
    ticks, labels = [], []
    for tick, label in zip(axis.get_majorticklocs(), axis.get_majorticklabels()):
        place = number(tick)
        if place is not None and low - slack <= place <= high + slack:
            ticks.append(place)
            labels.append(text_of(label.get_text()))
    return ticks, labels


def pie(axes, _boxes):
    from matplotlib.patches import Wedge

    wedges = [patch for patch in axes.patches if isinstance(patch, Wedge)]
    return [
        {"label": label_of(wedge, ""), "angle": angle, "radius": radius}
        for wedge in wedges
        for angle, radius in [(number(abs(wedge.theta2 - wedge.theta1)), number(wedge.r))]
        if angle is not None and radius is not None
    ]


def box(axes, boxes):
    elements = []
    for stats, made in boxes.of(axes):
        names = names_along(axes.yaxis if is_lying(made) else axes.xaxis)
        for index, one in enumerate(stats):
            values = {
                name: number(one.get(key))
                for name, key in (
                    ("min", "whislo"),
                    ("first_quartile", "q1"),
                    ("median", "med"),
                    ("third_quartile", "q3"),
                    ("max", "whishi"),
                )
            }
            # A box of no values has no quartiles.
            if None in values.values():
                continue
            label = text_of(one.get("label", "")) or names(centre_of(made, index)) or str(len(elements) + 1)
            outliers = [place for place in map(number, one.get("fliers", [])) if place is not None]
            elements.append({"label": label, **values, "outliers": outliers})
    return elements


def centre_of(made, index):
    line = made["medians"][index]
    data = line.get_ydata() if is_lying(made) else line.get_xdata()
    return number(sum(data) / len(data))


def is_lying(made):
    """True for boxes that lie: the lines of their medians stand."""
    for line in made["medians"]:
        x, y = line.get_xdata(), line.get_ydata()
        if x[0] != x[-1] or y[0] != y[-1]:
            return x[0] == x[-1]
    return False


def bar(axes, _boxes):
    from matplotlib.container import BarContainer

    elements = []
    series = [one for one in axes.containers if isinstance(one, BarContainer) and len(one.patches) > 0]
    for index, one in enumerate(series):
        lies = one.orientation == "horizontal"
        group = label_of(one, "Group {}".format(index + 1))
        names = names_along(axes.yaxis if lies else axes.xaxis)
        for patch in one.patches:
            value = number(patch.get_width() if lies else patch.get_height())
            start, width = (patch.get_y(), patch.get_height()) if lies else (patch.get_x(), patch.get_width())
            centre = number(start + width / 2)
            if value is None or centre is None:
                continue
            label = names(centre) or format(centre, ".6g")
            elements.append({"label": label, "group": group, "value": plain(value)})
    return elements


def names_along(axis):
    """A function from a place on an axis to what is written there: its category, its date, else None."""
    from matplotlib import dates
    from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter

    locator, formatter = axis.get_major_locator(), axis.get_major_formatter()
    kind = type(locator).__name__
    if kind == "StrCategoryLocator" or isinstance(locator, FixedLocator) or isinstance(formatter, FixedFormatter):
        named = [(tick, label) for tick, label in all_ticks(axis) if label]
        places = sorted(tick for tick, _ in named)
        gap = min((b - a for a, b in zip(places, places[1:]) if b > a), default=math.inf)
        # Bars of a group stand beside its tick.
        return lambda place: nearest(named, place, gap / 2 * 1.000001)
    if isinstance(locator, dates.DateLocator) or isinstance(formatter, (dates.DateFormatter, dates.AutoDateFormatter)):
        return date_at
    if isinstance(formatter, FuncFormatter):
        return lambda place: text_of(formatter(place))
    return lambda place: None


def all_ticks(axis):
    for tick, label in zip(axis.get_majorticklocs(), axis.get_majorticklabels()):
        place = number(tick)
        if place is not None:
            yield place, text_of(label.get_text())


def nearest(named, place, distance):
    if place is None or not named:
        return None
    tick, label = min(named, key=lambda one: abs(one[0] - place))
    return label if abs(tick - place) <= distance else None


def date_at(place):
    from matplotlib import dates

    try:
        date = dates.num2date(place)
    except (ValueError, OverflowError):
        return None
    return date.strftime("%Y-%m-%d" if date.hour == date.minute == date.second == 0 else "%Y-%m-%d %H:%M:%S")


def points(axes, boxes):
    """The kind, line or scatter, and the series of both."""
    from matplotlib.collections import PathCollection

    data = axes.transData
    aside = lines_aside(axes, boxes)
    labels = labels_of_containers(axes)
    series = []
    for collection in axes.collections:
        # Contours are such collections, too, but have no places in the data.
        if isinstance(collection, PathCollection) and collection.get_offset_transform().contains_branch(data):
            offsets = collection.get_offsets()
            series.append((collection, offsets, True, len(offsets)))
    for line in axes.lines:
        if line in aside or not all(line.get_transform().contains_branch_seperately(data)):
            continue  # caps, boxes, and lines across the whole axes
        drawn = line.get_linestyle() not in ("None", "none", " ", "")
        if drawn or line.get_marker() not in ("None", "none", " ", "", None):
            x, y = line.get_xdata(orig=False), line.get_ydata(orig=False)
            series.append((line, zip(x, y), not drawn, len(x)))
    if sum(size for _, _, _, size in series) > MOST_POINTS:
        raise TooMany()
    elements = []
    kinds = []
    for artist, pairs, is_scattered, _ in series:
        if not artist.get_visible():
            continue
        places = [[x, y] for x, y in ((number(x), number(y)) for x, y in pairs) if x is not None and y is not None]
        name = "{} {}".format("Group" if is_scattered else "Line", len(elements) + 1)
        elements.append({"label": labels.get(artist) or label_of(artist, name), "points": places})
        kinds.append(is_scattered)
    return ("scatter" if any(kinds) else "line", elements) if elements else None


def lines_aside(axes, boxes):
    """Lines that are parts of something else."""
    aside = set()
    for one in axes.containers:
        if type(one).__name__ == "ErrorbarContainer" and one.lines[1]:
            aside.update(one.lines[1])
        if type(one).__name__ == "StemContainer":
            aside.add(one.baseline)
            aside.update(one.stemlines if isinstance(one.stemlines, (list, tuple)) else [])
    for _, made in boxes.of(axes):
        for artists in made.values():
            aside.update(artist for artist in artists if not isinstance(artist, str))
    return aside


def labels_of_containers(axes):
    """Names of lines with error bars or stems, which have them from the whole."""
    labels = {}
    for one in axes.containers:
        line = one.lines[0] if type(one).__name__ == "ErrorbarContainer" else getattr(one, "markerline", None)
        if line is not None:
            labels[line] = label_of(one, "")
    return labels


def label_of(artist, otherwise):
    """The label that the program gave; those that begin with `_` are matplotlib's own."""
    label = text_of(artist.get_label())
    return otherwise if label == "" or label.startswith("_") else label


def text_of(value):
    return "" if value is None else str(value)[:TEXT_LENGTH]


def number(value):
    """The value as a finite number, or None: masked, absent, not a number."""
    try:
        if getattr(value, "mask", False) is True or type(value).__name__ == "MaskedConstant":
            return None
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def plain(value):
    """A number as people write it: 5, 0.25, 1e+20."""
    return format(value, ".15g")
