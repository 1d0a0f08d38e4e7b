"""``python -m gzeco_lib.cli`` is the command where the console script is not installed."""

if __name__ == "__main__":
    from gzeco_lib.cli import main

    main()
