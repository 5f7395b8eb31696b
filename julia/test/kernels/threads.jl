using PyFlux.Kernels: each_sample, each_thread, on_threads, thread_range

@testset "threads share the work, each item once: $n items" for n in (0, 1, 2, 5, 1000)
    ranges = [thread_range(t, n) for t in 1:Threads.nthreads()]
    @test reduce(vcat, ranges; init = Int[]) == 1:n
    counts = zeros(Int, n)
    each_sample(k -> counts[k] += 1, n)
    @test all(==(1), counts)
    fill!(counts, 0)
    each_thread((_, range) -> counts[range] .+= 1, n; serial = true)
    @test all(==(1), counts)
end

@testset "every thread is called once" begin
    counts = zeros(Int, Threads.nthreads())
    on_threads(t -> counts[t] += 1)
    @test all(==(1), counts)
end

@testset "an error of a thread is an error of the call" begin
    n = 4 * Threads.nthreads()
    @test_throws "sample $n" each_sample(k -> k == n && error("sample $k"), n)
end
