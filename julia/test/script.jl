# The script as a Julia user runs it, on digits that this test makes: bars whose place is their class.
module Script
include("../train_mnist.jl")
end

function idx_file(path, dims, elements)
    write(path, [0x00, 0x00, 0x08, UInt8(length(dims)), reinterpret(UInt8, hton.(UInt32.(collect(dims))))..., vec(elements)...])
end

function digits(folder, prefix, n; rng = Xoshiro(1))
    labels = rand(rng, 0x00:0x09, n)
    images = [UInt8(200 * (h ÷ 3 == y) + rand(rng, 0:50)) for w in 0:27, h in 0:27, y in labels]
    idx_file(joinpath(folder, "$prefix-images-idx3-ubyte"), (n, 28, 28), images)
    idx_file(joinpath(folder, "$prefix-labels-idx1-ubyte"), (n,), labels)
end

folder = mktempdir()
digits(folder, "train", 600)
digits(folder, "t10k", 100)

@testset "trains, reports and saves" begin
    path, io = joinpath(folder, "model.safetensors"), IOBuffer()
    arguments = ["--data", folder, "--epochs=3", "--batch-size=16", "--learning-rate=0.005", "--save", path]
    @test Script.main(arguments; io) == 0
    text = String(take!(io))
    @test occursin(r"^ +3 +\d+\.\d\d +\d\.\d{4} "m, text)
    @test parse(Float64, match(r"test accuracy ([\d.]+) %", text)[1]) > 95
    @test occursin("which digit (row) was taken for which (column)", text)
    images, labels = load_mnist(folder, :test)
    found = Flux.onecold(predict(PyFlux.load(path), images))
    @test count(found .== labels) / 100 > 0.95
    Script.main(arguments; io)
    again = String(take!(io))
    numbers(s) = replace(s, r"^( +\d +)\d+\.\d\d"m => s"\1")  # all but the seconds
    @test numbers(again) == numbers(text)
end

@testset "a device that is not there is refused, with the reason" begin
    for (device, words) in ("tpu" => "there is no device tpu", "gpu:77" => "device gpu:77 is not here")
        code, message = mktemp() do path, file
            code = redirect_stderr(() -> Script.main(["--data", folder, "--device", device]), file)
            flush(file)
            code, read(path, String)
        end
        @test code == 1
        @test occursin(words, message)
    end
end

@testset "a missing folder says how to get the data" begin
    code, message = mktemp() do path, file
        code = redirect_stderr(() -> Script.main(["--data", joinpath(folder, "none")]), file)
        flush(file)
        code, read(path, String)
    end
    @test code == 1
    @test occursin("Download", message)
end
