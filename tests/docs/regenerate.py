"""Write the generated parts of the documentation anew: ``python -m tests.docs.regenerate``."""

from tests.docs.generated import pages_with_parts, regenerated
from tests.docs.markdown import PAGES, ROOT, read


def main() -> None:
    for page in pages_with_parts(PAGES):
        text = regenerated(page)
        if text != read(page):
            (ROOT / page).write_text(text, encoding="utf-8")
            print(f"{page}: written")


if __name__ == "__main__":
    main()
