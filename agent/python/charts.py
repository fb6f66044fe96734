"""Tells the agent of the figures that a program shows with matplotlib.

The agent's start program executes this file when `matplotlib.pyplot` has been imported, and calls `install`. Each
figure is one line of JSON on a descriptor of its own, so nothing that is printed can be taken for a chart. Only the
process that was started reports: a forked child shares the descriptor and stays silent.

Runs with whatever Python (3.7 or newer) and matplotlib (3.4 or newer) an image has.
"""

import base64
import io
import json
import math
import os
import threading
import types
import weakref

# Edge around a picture, inches.
PADDING = 0.1
# A picture is not made finer than this, dots per inch, and not made at all beyond so many pixels (a 256 MiB canvas).
MOST_DPI = 200
MOST_PIXELS = 64 * 1024 * 1024
# All charts together may have so many lists and objects, a little less than the agent reads.
MOST_LISTS = 950_000
MOST_OBJECTS = 95_000


def load(name):
    """The names of a file beside this one."""
    with open(os.path.join(os.path.dirname(__file__), name), "rb") as file:
        space = {"__name__": name}
        exec(compile(file.read(), "<charts>", "exec"), space)
    return types.SimpleNamespace(**space)


# Not imported: a program's own modules could have the name.
axes = load("charts_axes.py")


def install(pyplot, descriptor, room):
    """Makes `plt.show()` and `fig.show()` report figures on the descriptor, `room` bytes at most."""
    import functools

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    report = Reporter(descriptor, room)
    boxes = axes.Boxes()
    told = weakref.WeakSet()

    def tell(figure):
        if figure in told:
            return
        told.add(figure)
        report.send(figure, boxes)

    show_all = pyplot.show

    @functools.wraps(show_all)
    def show(*args, **kwargs):
        if not report.is_ours():
            return show_all(*args, **kwargs)
        for number in pyplot.get_fignums():
            tell(pyplot.figure(number))
        pyplot.close("all")

    show_one = Figure.show

    @functools.wraps(show_one)
    def show_figure(figure, *args, **kwargs):
        if getattr(figure.canvas, "manager", None) is None or not report.is_ours():
            return show_one(figure, *args, **kwargs)
        tell(figure)

    bxp = Axes.bxp

    @functools.wraps(bxp)
    def bxp_remembered(place, bxpstats, *args, **kwargs):
        made = bxp(place, bxpstats, *args, **kwargs)
        boxes.add(place, bxpstats, made)
        return made

    pyplot.show = show
    Figure.show = show_figure
    Axes.bxp = bxp_remembered


class Reporter:
    """Writes charts, one per line, and says when one had no room."""

    def __init__(self, descriptor, room):
        self.descriptor = descriptor
        self.room = room
        self.lists = MOST_LISTS
        self.objects = MOST_OBJECTS
        self.process = os.getpid()
        self.lock = threading.Lock()
        self.place = self.find_place()

    def find_place(self):
        """What the descriptor is, so that one which the program closed and used anew is left alone."""
        try:
            state = os.fstat(self.descriptor)
            return state.st_dev, state.st_ino
        except OSError:
            return None

    def is_ours(self):
        return os.getpid() == self.process

    def send(self, figure, boxes):
        chart = describe_figure(figure, boxes)
        line = encode(chart)
        with self.lock:
            if not self.fits(line):
                # A picture is worth more than a million points.
                line = encode({key: chart[key] for key in ("title", "png") if key in chart})
            if not self.fits(line):
                line = b'{"dropped":true}\n'
            else:
                self.room -= len(line)
                self.lists -= line.count(b"[")
                self.objects -= line.count(b"{")
            self.write(line)

    def fits(self, line):
        return len(line) <= self.room and line.count(b"[") <= self.lists and line.count(b"{") <= self.objects

    def write(self, line):
        if self.place is None or self.find_place() != self.place:
            return
        view = memoryview(line)
        try:
            while view:
                view = view[os.write(self.descriptor, view) :]
        except OSError:
            pass  # the agent has stopped reading: nobody waits for the chart


def encode(chart):
    chart = {"type": "unknown", "title": "", "elements": [], **chart}
    try:
        text = json.dumps(chart, allow_nan=False)
    except (TypeError, ValueError):
        text = json.dumps({**chart, "type": "unknown", "elements": []}, default=str)
    return text.encode("ascii") + b"\n"


def describe_figure(figure, boxes):
    """The chart of a figure; what cannot be told of it is left out, down to its picture alone."""
    chart = {"type": "unknown", "title": ""}
    picture = None
    try:
        picture = Picture(figure)
        chart["png"] = picture.whole()
    except Exception as error:
        complain(error)
    try:
        title = axes.title_of_figure(figure)
        chart["title"] = title
        places = [place for place in figure.get_axes() if axes.is_chart(place)]
        if len(places) == 1:
            described = axes.describe_axes(places[0], boxes)
            chart.update(described, title=described["title"] or title)
        elif places:
            nested = []
            for place in places:
                part = axes.describe_axes(place, boxes)
                png = None if picture is None else picture.part(place)
                nested.append(part if png is None else {**part, "png": png})
            chart.update(type="composite_chart", elements=nested)
    except Exception:
        return {key: chart[key] for key in ("title", "png") if key in chart}
    return chart


def complain(error):
    """A figure that cannot be drawn is the program's own fault, such as wrong TeX in a label: say it, go on."""
    import warnings

    try:
        warnings.warn("this figure could not be drawn: {}".format(error), RuntimeWarning, stacklevel=6)
    except Exception:
        pass  # warnings are errors here


class Picture:
    """A figure drawn once, and the parts of it."""

    def __init__(self, figure):
        self.figure = figure
        self.dpi = min(figure.dpi, MOST_DPI)
        width, height = figure.get_size_inches() * figure.dpi
        if width * height > MOST_PIXELS:
            raise ValueError("it has {:.0f} x {:.0f} pixels".format(width, height))
        self.box = self.tight_box()
        buffer = io.BytesIO()
        # Not `savefig`, which the program may have replaced.
        figure.canvas.print_figure(buffer, format="png", dpi=self.dpi, bbox_inches=self.box)
        self.png = buffer.getvalue()
        self.image = None

    def tight_box(self):
        """All that is drawn, also outside of the figure's edges, in inches."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        figure = self.figure
        canvas = figure.canvas
        if not isinstance(canvas, FigureCanvasAgg):
            return None
        canvas.draw()
        box = figure.get_tightbbox(canvas.get_renderer())
        if not all(map(math.isfinite, (box.x0, box.y0, box.x1, box.y1))) or box.width <= 0 or box.height <= 0:
            return None
        return box.padded(PADDING)

    def whole(self):
        return base64.b64encode(self.png).decode("ascii")

    def part(self, place):
        """The picture of one of several axes, or None."""
        try:
            from PIL import Image

            if self.box is None:
                return None
            if self.image is None:
                self.image = Image.open(io.BytesIO(self.png)).convert("RGBA")
            box = place.get_tightbbox(self.figure.canvas.get_renderer())
            box = box.transformed(self.figure.dpi_scale_trans.inverted()).padded(PADDING / 2)
            left, right = ((x - self.box.x0) * self.dpi for x in (box.x0, box.x1))
            top, bottom = ((self.box.y1 - y) * self.dpi for y in (box.y1, box.y0))
            width, height = self.image.size
            edges = max(0, int(left)), max(0, int(top)), min(width, int(right) + 1), min(height, int(bottom) + 1)
            buffer = io.BytesIO()
            self.image.crop(edges).save(buffer, "PNG")
            return base64.b64encode(buffer.getvalue()).decode("ascii")
        except Exception:
            return None  # the whole picture has it all the same
