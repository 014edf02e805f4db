# SPDX-License-Identifier: MIT
"""Runs one component on wasmtime: python host.py JOB ARGUMENT...

JOB is JSON: the folder of the wasmtime package, the component's file, the name of its
run export, the variables, and the folders with whether they can be written to. The
exit status is the program's, or 125 when it could not be started.
"""
import ctypes
import json
import os
import signal
import sys

# wasmtime is not in Python while the program runs: Python's own handler would wait.
signal.signal(signal.SIGINT, signal.SIG_DFL)

job = json.loads(sys.argv[1])
sys.path.insert(0, job["packages"])


def fail(text, status=125):
    sys.stdout.flush()
    print("wasmtimeexec: " + " ".join(str(text).split()), file=sys.stderr, flush=True)
    os._exit(status)


try:
    from wasmtime import _ffi
    from wasmtime import Config, Engine, ExitTrap, Store, Trap, WasiConfig, WasmtimeError
    from wasmtime.component import Component, Linker
except ImportError as e:
    fail(f"the wasmtime package cannot be loaded by this Python ({e}): run wasmtimeexec -install")

config = Config()
config.wasm_component_model = True
config.cache = True
# wasmtime runs components on a stack of its own, whose size the package can set though
# its Python part has no name for it; a part of it stays free for wasmtime itself.
_ffi.dll.wasmtime_config_async_stack_size_set(config.ptr(), ctypes.c_size_t(job["stack"] + (1 << 20)))
config.max_wasm_stack = job["stack"]
engine = Engine(config)
try:
    component = Component.from_file(engine, job["component"])
except WasmtimeError as e:
    fail(f"wasmtime does not take the component: {e}")

linker = Linker(engine)
linker.add_wasip2()
linker.add_wasi_http()
wasi = WasiConfig()
wasi.argv = sys.argv[2:]
wasi.env = [pair.split("=", 1) for pair in job["env"]]
wasi.inherit_stdin()
wasi.inherit_stdout()
wasi.inherit_stderr()
for path, name, writable in job["dirs"]:
    wasi.preopen_dir(path, name, writable)
store = Store(engine)
store.set_wasi(wasi)
store.set_wasi_http()
try:
    instance = linker.instantiate(store, component)
    run = component.get_export_index("run", component.get_export_index(job["run"]))
    result = instance.get_func(store, run)(store)
except ExitTrap as e:
    status = e.code
except (Trap, WasmtimeError) as e:
    # As the wasmtime command line does: the program was aborted.
    print("wasmtimeexec: the program was ended by wasmtime:", e, sep="\n", file=sys.stderr, flush=True)
    status = 134
else:
    status = 0 if getattr(result, "tag", "ok") == "ok" else 1
# Nothing is left to be tidied up, and unloading a large module takes its time.
os._exit(status)
