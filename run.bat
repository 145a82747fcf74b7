@echo off
rem The same as "make run" for Windows: environment from the lock (hashes required), then the console.
rem Written from the documentation and not yet run on a Windows machine.
setlocal
cd /d "%~dp0"
set PY=.venv\Scripts\python.exe
set STAMP=.venv\installed.lock

if exist "%PY%" if exist "%STAMP%" (
    fc /b requirements.lock "%STAMP%" >nul 2>&1 && goto start
)
if not exist "%PY%" (
    echo creating .venv
    py -3.13 -m venv .venv 2>nul || py -3.12 -m venv .venv 2>nul || py -3.11 -m venv .venv || goto failed
)
echo installing requirements.lock
"%PY%" -m pip install --disable-pip-version-check --no-input --no-compile --only-binary :all: --no-deps --require-hashes -r requirements.lock || goto failed
"%PY%" -m compileall -qq .venv\Lib app db
copy /y requirements.lock "%STAMP%" >nul || goto failed

:start
"%PY%" main.py %*
exit /b %errorlevel%

:failed
echo Setup failed. Python 3.11 to 3.13 and a network connection are needed.
exit /b 1
