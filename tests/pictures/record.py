#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Record a real terminal session as an SVG picture.

usage: record.py OUT.svg COLUMNS ROWS DIRECTORY COMMAND [COMMAND...]

Each COMMAND is typed into a shell in a terminal of that size (a private tmux server) and runs to its end. A command
written as "SECONDS! COMMAND" is left running: after that time its screen is taken, and it is interrupted. "SECONDS!" alone waits.
The picture shows the screen as it was last seen, colours included. The program is found as `compose` in PATH.
"""
import html, os, re, subprocess, sys, tempfile, time, unicodedata

COLOURS = ["#3b4252", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8dee9"]
CELL_WIDTH, CELL_HEIGHT = 8.4, 18


class Terminal:
    def __init__(self, columns, rows, directory):
        self.home = tempfile.mkdtemp()
        self.socket = os.path.join(self.home, "tmux")
        env = {k: v for k, v in os.environ.items() if not k.startswith("TMUX")}
        env.update(PS1="$ ", TERM="xterm-256color", LANG="C.UTF-8")
        subprocess.run(["tmux", "-u", "-S", self.socket, "-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
                        "-c", directory, "bash --norc --noprofile"], check=True, env=env)
        self.tmux("set", "-g", "status", "off")

    def tmux(self, *args):
        return subprocess.run(["tmux", "-u", "-S", self.socket, *args], check=True, capture_output=True, text=True).stdout

    def run(self, command, patience=180):
        left_running = re.match(r"([0-9.]+)! ?(.*)", command)
        if left_running and not left_running[2]:
            return time.sleep(float(left_running[1]))
        text = left_running[2] if left_running else command
        self.tmux("send-keys", "-l", text)
        self.tmux("send-keys", "Enter")
        if left_running:
            time.sleep(float(left_running[1]))
            return
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            time.sleep(0.3)
            if self.tmux("display", "-p", "#{pane_current_command}").strip() == "bash":
                return
        raise SystemExit(f"no end of: {text}")

    def screen(self):
        return self.tmux("capture-pane", "-p", "-e")

    def close(self):
        self.tmux("send-keys", "C-c")
        time.sleep(0.5)
        self.tmux("kill-server")


def width(character):
    if unicodedata.combining(character) or character == "\u200d":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def runs(line, style):
    """(column, style, text) for pieces of one style; `style` is changed in place and carried to the next line"""
    column = 0
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if part.startswith("\x1b["):
            for code in (part[2:-1] or "0").split(";"):
                code = int(code or 0)
                if code == 0: style.clear()
                elif code == 1: style["bold"] = True
                elif code == 2: style["faint"] = True
                elif code == 39: style.pop("colour", None)
                elif code in (22,): style.pop("bold", None), style.pop("faint", None)
                elif 30 <= code <= 37: style["colour"] = COLOURS[code - 30]
                elif 90 <= code <= 97: style["colour"] = COLOURS[code - 90]
        elif part:
            yield column, dict(style), part
            column += sum(width(c) for c in part)


def svg(screen, columns):
    lines = screen.rstrip("\n").split("\n")
    while lines and not re.sub(r"\x1b\[[0-9;]*m", "", lines[-1]).strip():
        lines.pop()
    across, down = columns * CELL_WIDTH + 24, len(lines) * CELL_HEIGHT + 24
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{across:.0f}" height="{down:.0f}" viewBox="0 0 {across:.0f} {down:.0f}">',
           '<rect width="100%" height="100%" rx="8" fill="#1e222a"/>',
           '<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14" fill="#d8dee9" xml:space="preserve">']
    style = {}
    for row, line in enumerate(lines):
        for column, look, text in runs(line, style):
            if not text.strip():
                continue
            attributes = f' fill="{look["colour"]}"' if "colour" in look else ""
            attributes += ' font-weight="bold"' if look.get("bold") else ""
            attributes += ' opacity="0.6"' if look.get("faint") else ""
            length = sum(width(c) for c in text) * CELL_WIDTH
            out.append(f'<text x="{12 + column * CELL_WIDTH:.1f}" y="{26 + row * CELL_HEIGHT}" textLength="{length:.1f}"{attributes}>{html.escape(text)}</text>')
    return "\n".join(out + ["</g></svg>", ""])


def main():
    if len(sys.argv) < 6:
        raise SystemExit(__doc__)
    out, columns, rows, directory, commands = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5:]
    terminal = Terminal(columns, rows, directory)
    try:
        terminal.run("PS1='$ '; clear")
        for command in commands:
            terminal.run(command)
        with open(out, "w") as file:
            file.write(svg(terminal.screen(), columns))
    finally:
        terminal.close()


main()
