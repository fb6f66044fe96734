/** Descriptor that a Python program reports its charts on. */
export const chartDescriptor = 4

/**
 * Python that runs the code on descriptor 3 as the main program: standard input stays empty, imports start from the
 * work dir, `sys.argv[0]` is `-`, and a traceback shows the lines of the code and nothing of ours. When the program
 * imports `matplotlib.pyplot`, through whatever else, `charts.py` of the folder is told; until then nothing of it is
 * read. Children do not get the descriptor of the charts.
 * @param roomBytes what all charts together may have
 */
export function pythonStart(folder: string, roomBytes: number): string {
  return `
def start():
    import os, sys
    with open(3, 'rb') as file:
        source = file.read()
    name = '<target_code>'
    charts = '<charts>'
    def show(kind, error, trace):
        import linecache, traceback
        text = source.decode('utf-8', 'replace')
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        while trace is not None and trace.tb_frame.f_code.co_filename != name:
            trace = trace.tb_next
        place = trace
        while place is not None and place.tb_next is not None:
            if place.tb_next.tb_frame.f_code.co_filename == charts:
                place.tb_next = place.tb_next.tb_next
            else:
                place = place.tb_next
        traceback.print_exception(kind, error, trace)
    class Finder:
        @staticmethod
        def find_spec(module, path=None, target=None):
            if module != 'matplotlib.pyplot':
                return None
            sys.meta_path.remove(Finder)
            found = (finder.find_spec(module, path, target) for finder in sys.meta_path if hasattr(finder, 'find_spec'))
            spec = next((spec for spec in found if spec is not None), None)
            try:
                load = spec.loader.exec_module
                def load_and_tell(module):
                    load(module)
                    try:
                        path = ${JSON.stringify(folder)} + '/charts.py'
                        space = {'__name__': 'charts', '__file__': path}
                        with open(path, 'rb') as file:
                            exec(compile(file.read(), charts, 'exec'), space)
                        space['install'](module, ${chartDescriptor}, ${roomBytes})
                    except Exception:
                        pass
                spec.loader.exec_module = load_and_tell
            except AttributeError:
                pass
            return spec
    sys.excepthook = show
    sys.argv[0] = '-'
    sys.meta_path.insert(0, Finder)
    os.set_inheritable(${chartDescriptor}, False)
    del globals()['start']
    exec(compile(source, name, 'exec', dont_inherit=True), globals())
start()
`
}
