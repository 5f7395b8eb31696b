"""KMNIST: 70,000 characters of old Japanese. Hashes and sizes come from where those of MNIST do."""

from .idx_dataset import IdxDataset, mnist_files

__all__ = ["kmnist", "load_data"]

kmnist = IdxDataset(
    name="kmnist",
    title="KMNIST",
    class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    licence=(
        "CC BY-SA 4.0, KMNIST Dataset (created by CODH), adapted from Kuzushiji Dataset "
        "(created by NIJL and others), doi:10.20676/00000341"
    ),
    source="https://github.com/rois-codh/kmnist",
    mirrors=(
        "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        # The same server without TLS, for where its certificate has expired; the hash is checked either way.
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    ),
    folders=("kmnist", "KMNIST/raw", "."),
    files=mnist_files(
        (18_165_135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4", None),
        (29_497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17", None),
        (3_041_136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5", None),
        (5_120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c", None),
    ),
)

load_data = kmnist.load_data
