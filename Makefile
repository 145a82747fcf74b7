# Needed beforehand on Debian-like systems: apt-get install -y make python3-venv
# ARGS go to the program: make run ARGS="--help"

PY := .venv/bin/python

.PHONY: help setup setup-dev setup-window run duo tour gallery manual-pictures test fmt bench soak fresh audit rules-map clean

help:
	@echo "make run    start the console            启动值守台"
	@echo "make duo    two consoles, paired         两台并排，已配对（演练）"
	@echo "make tour   the story in pictures        虚拟屏幕上演一遍并截图"
	@echo "make gallery  every screen, checked   每个画面按主题、尺寸、语言出图并检查"
	@echo "make manual-pictures  pictures anew      手册与 README 的截图重新生成"
	@echo "make test   all checks and tests         全部检查与测试"
	@echo "make setup  environment only             仅安装运行环境"
	@echo "make fmt    sort imports and format      整理代码格式"
	@echo "make bench  benchmarks                   性能测试"
	@echo "make soak   long runs, resumable         长时间测试，可中断续跑"
	@echo "make fresh  README on a bare Debian 12   在全新 Debian 12 上照 README 走一遍"
	@echo "make audit  known holes of dependencies  查依赖的已知漏洞（要联网）"
	@echo "make rules-map  which rule stands where  规则与代码对照表"
	@echo "make clean  remove caches                清除缓存"

setup:
	@tools/setup runtime offscreen

setup-dev:
	@tools/setup dev offscreen

setup-window:
	@tools/setup runtime offscreen window

run: setup-window
	@$(PY) main.py $(ARGS)

duo: setup-window
	@$(PY) -m tools.duo $(ARGS)

tour: setup-window
	@$(PY) -m tools.tour $(ARGS)

gallery: setup-dev
	@$(PY) -m tools.gallery $(ARGS)

manual-pictures: setup-window
	@$(PY) -m tools.manual_pictures $(ARGS)

test: setup-dev
	@tools/check $(ARGS)

fmt: setup-dev
	@.venv/bin/ruff check --quiet --fix . ; .venv/bin/ruff format .

bench: setup-dev
	@$(PY) -m benchmarks $(ARGS)

soak: setup-dev
	@nice -n 19 $(PY) -m tools.soak $(ARGS)

audit: setup-dev
	@tools/audit $(ARGS)

fresh:
	@tools/fresh $(ARGS)

rules-map: setup-dev
	@$(PY) -m tools.rules_map

clean:
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .setup out
	@find app db tests resources -name __pycache__ -type d -prune -exec rm -rf {} +
	@rm -f .venv/.compiled
