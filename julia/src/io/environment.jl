# This process.

"The versions of Julia and Flux, and the number of threads."
versions() = (;
    julia = string(VERSION), flux = string(pkgversion(Flux)),
    threads = string(Threads.nthreads()),
)

"The folder of Julia's program, and the file that names its packages."
julia_paths() = (; home = Sys.BINDIR, project = something(Base.active_project(), ""))
