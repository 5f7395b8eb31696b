# The script as a Julia user runs it, on digits that this test makes: bars, whose class is
# their row.
module Script
include("../train_mnist.jl")
end

include("io/helpers/idx_files.jl")

function digits(folder, prefix, n; rng = Xoshiro(1))
    labels = rand(rng, 0x00:0x09, n)
    pixel(row, y) = UInt8(200 * (row ÷ 3 == y) + rand(rng, 0:50))
    images = [pixel(row, y) for column in 0:27, row in 0:27, y in labels]
    path(name) = joinpath(folder, "$prefix-$name-ubyte")
    written(idx(0x08, (n, 28, 28), images); path = path("images-idx3"))
    written(idx(0x08, (n,), labels); path = path("labels-idx1"))
end

folder = mktempdir()
digits(folder, "train", 600)
digits(folder, "t10k", 100)

@testset "trains, reports and saves" begin
    path, io = joinpath(folder, "model.safetensors"), IOBuffer()
    arguments = [
        "--data", folder, "--epochs=3", "--batch-size=16", "--learning-rate=0.005",
        "--save", path,
    ]
    @test Script.main(arguments; io) == 0
    text = String(take!(io))
    @test occursin(r"^ +3 +\d+\.\d\d +\d\.\d{4} "m, text)
    @test parse(Float64, match(r"test accuracy ([\d.]+) %", text)[1]) > 95
    @test occursin("confusion matrix", text)
    images, labels = load_mnist(folder, :test)
    found = Flux.onecold(predict(PyFlux.load(path), images))
    @test count(found .== labels) / 100 > 0.95
    Script.main(arguments; io)
    again = String(take!(io))
    numbers(s) = replace(s, r"^( +\d +)\d+\.\d\d"m => s"\1")  # all but the seconds
    @test numbers(again) == numbers(text)
end

# The exit code of the script, and what it prints on stderr.
function failure(arguments...)
    return mktemp() do path, file
        code = redirect_stderr(() -> Script.main(collect(arguments)), file)
        flush(file)
        code, read(path, String)
    end
end

@testset "what cannot be done is said on stderr, with exit code 1" begin
    for (device, words) in ("tpu" => "tpu", "gpu:77" => "gpu:77")
        code, message = failure("--data", folder, "--device", device)
        @test code == 1
        @test occursin(words, message)
    end
    code, message = failure("--data", joinpath(folder, "none"))
    @test code == 1
    @test occursin("--data", message) && occursin("https://", message)
end
