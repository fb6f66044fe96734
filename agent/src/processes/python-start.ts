/**
 * Python that runs the code on descriptor 3 as the main program: standard input stays empty, imports start from the
 * work dir, `sys.argv[0]` is `-`, and a traceback shows the lines of the code and nothing of ours.
 */
export const pythonStart = `
def start():
    import sys
    with open(3, 'rb') as file:
        source = file.read()
    name = '<code>'
    def show(kind, error, trace):
        import linecache, traceback
        text = source.decode('utf-8', 'replace')
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        while trace is not None and trace.tb_frame.f_code.co_filename != name:
            trace = trace.tb_next
        traceback.print_exception(kind, error, trace)
    sys.excepthook = show
    sys.argv[0] = '-'
    del globals()['start']
    exec(compile(source, name, 'exec', dont_inherit=True), globals())
start()
`
