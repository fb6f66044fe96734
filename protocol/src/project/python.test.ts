import { describe } from 'node:test'
import { type Repository, testRepositories } from './plan.fixture.ts'

const fastapi = 'from fastapi import FastAPI\n\napp = FastAPI(title="x")\n'
const flask = 'from flask import Flask\napp = Flask(__name__)\n'
const manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'mysite.settings')\n"
const venv = 'test -x .venv/bin/python || python3 -m venv .venv'
const env = (port: string): Record<string, string> => ({
  PORT: port,
  HOST: '0.0.0.0',
  PYTHONUNBUFFERED: '1',
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
})

const repositories: readonly Repository[] = [
  {
    title: 'FastAPI',
    files: { 'main.py': fastapi, 'requirements.txt': 'fastapi==0.115\nuvicorn[standard]>=0.30\n' },
    plan: {
      framework: 'fastapi',
      packageManager: 'pip',
      prepare: venv,
      install: '.venv/bin/pip install -r requirements.txt',
      build: null,
      start: '.venv/bin/uvicorn main:app --host 0.0.0.0 --port 8000',
      port: 8000,
      env: env('8000'),
      lockFiles: ['requirements.txt'],
    },
    note: null,
  },
  {
    title: 'FastAPI in a folder, with another name, in development',
    files: {
      'app/main.py': 'import fastapi\napi: FastAPI = fastapi.FastAPI()\n',
      'requirements.txt': 'FastAPI\nuvicorn',
    },
    asked: { mode: 'development', port: 9000 },
    plan: { start: '.venv/bin/uvicorn app.main:api --host 0.0.0.0 --port 9000 --reload', port: 9000 },
  },
  {
    title: 'FastAPI whose packages nobody lists',
    files: { 'main.py': fastapi },
    plan: { framework: 'fastapi', install: '.venv/bin/pip install fastapi uvicorn' },
    note: /^uvicorn is installed besides/,
  },
  {
    title: 'Flask',
    files: { 'app.py': flask, 'requirements.txt': '# web\nFlask>=3\n' },
    plan: {
      framework: 'flask',
      install: '.venv/bin/pip install -r requirements.txt',
      start: '.venv/bin/flask --app app:app run --host 0.0.0.0 --port 5000',
      port: 5000,
    },
    note: null,
  },
  {
    title: 'Flask with gunicorn',
    files: { 'wsgi.py': flask, 'requirements.txt': 'flask\ngunicorn' },
    plan: { start: '.venv/bin/gunicorn --bind 0.0.0.0:5000 wsgi:app' },
  },
  {
    title: 'Flask in development',
    files: { 'app.py': flask, 'requirements.txt': 'flask\ngunicorn' },
    asked: { mode: 'development' },
    plan: { start: '.venv/bin/flask --app app:app run --host 0.0.0.0 --port 5000 --debug' },
  },
  {
    title: 'Flask by a function that makes it',
    files: {
      'app/__init__.py':
        'from flask import Flask\ndef create_app(config=None):\n    app = Flask(__name__)\n    return app\n',
      'requirements.txt': 'flask\ngunicorn',
    },
    plan: { start: ".venv/bin/gunicorn --bind 0.0.0.0:5000 'app:create_app()'" },
  },
  {
    title: 'Django',
    files: { 'manage.py': manage, 'mysite/': '', 'requirements.txt': 'Django==5.2' },
    plan: {
      framework: 'django',
      install: '.venv/bin/pip install -r requirements.txt',
      build: '.venv/bin/python manage.py migrate --noinput',
      start: '.venv/bin/python manage.py runserver --noreload 0.0.0.0:8000',
      port: 8000,
    },
    note: /ALLOWED_HOSTS/,
  },
  {
    title: 'Django with gunicorn and whitenoise',
    files: { 'manage.py': manage, 'requirements.txt': 'django\ngunicorn\nwhitenoise' },
    plan: {
      build: '.venv/bin/python manage.py migrate --noinput && .venv/bin/python manage.py collectstatic --noinput',
      start: '.venv/bin/gunicorn --bind 0.0.0.0:8000 mysite.wsgi',
    },
  },
  {
    title: 'Django in development, with scripts of JavaScript beside it',
    files: {
      'manage.py': manage,
      'requirements.txt': 'django',
      'package.json': { devDependencies: { vite: '8' }, scripts: { build: 'vite build', dev: 'vite' } },
    },
    asked: { mode: 'development' },
    plan: { framework: 'django', start: '.venv/bin/python manage.py runserver 0.0.0.0:8000' },
    note: /^The script "build" of package\.json is not run/,
  },
  {
    title: 'Streamlit',
    files: { 'streamlit_app.py': 'import streamlit as st\n', 'requirements.txt': 'streamlit' },
    plan: {
      framework: 'streamlit',
      port: 8501,
      start:
        '.venv/bin/streamlit run streamlit_app.py --server.port 8501 --server.address 0.0.0.0 --server.headless true --browser.gatherUsageStats false',
    },
  },
  {
    title: 'plain Python',
    files: { 'main.py': 'from http.server import test\n' },
    plan: { framework: 'python', install: null, start: '.venv/bin/python main.py', port: 8000, prepare: venv },
    note: /PORT, 8000/,
  },
  {
    title: 'uv with its lock file',
    files: {
      'pyproject.toml': '[project]\nname = "x"\ndependencies = [\n  "fastapi[standard]>=0.1",\n  "uvicorn",\n]\n',
      'uv.lock': '',
      'main.py': fastapi,
    },
    plan: {
      packageManager: 'uv',
      prepare: 'command -v uv >/dev/null 2>&1 || PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install uv',
      install: 'uv sync --frozen',
      start: '.venv/bin/uvicorn main:app --host 0.0.0.0 --port 8000',
      lockFiles: ['uv.lock', 'pyproject.toml'],
    },
    note: null,
  },
  {
    title: 'uv for a pyproject.toml without a lock file',
    files: { 'pyproject.toml': '[project]\ndependencies = ["flask"]\n', 'app.py': flask },
    plan: { packageManager: 'uv', install: 'uv sync', framework: 'flask' },
    note: /^There is no uv\.lock/,
  },
  {
    title: 'uv in a workspace, and a package that is lacking',
    files: { 'pyproject.toml': '[project]\ndependencies = ["fastapi"]\n', 'main.py': fastapi },
    root: { 'uv.lock': '' },
    plan: { install: 'uv sync --frozen && uv pip install uvicorn', lockFiles: ['../../uv.lock', 'pyproject.toml'] },
  },
  {
    title: 'Poetry with its lock file',
    files: {
      'pyproject.toml': '[tool.poetry]\nname = "my-app"\n[tool.poetry.dependencies]\npython = "^3.12"\nflask = "^3"\n',
      'poetry.lock': '',
      'app.py': flask,
    },
    plan: {
      packageManager: 'poetry',
      prepare: 'command -v poetry >/dev/null 2>&1 || PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install poetry',
      install: 'poetry install --no-interaction --no-root',
      start: '.venv/bin/flask --app app:app run --host 0.0.0.0 --port 5000',
      lockFiles: ['poetry.lock', 'pyproject.toml'],
    },
  },
  {
    title: 'Poetry with a package of its own, without a lock file',
    files: {
      'pyproject.toml': '[tool.poetry]\nname = "my-app"\n\n[tool.poetry.dependencies]\nflask = "^3"\n',
      'my_app/': '',
      'app.py': flask,
    },
    plan: { packageManager: 'poetry', install: 'poetry install --no-interaction' },
    note: /^There is no poetry\.lock/,
  },
  {
    title: 'a framework that is asked for',
    files: { 'main.py': fastapi, 'app.py': flask, 'requirements.txt': 'fastapi\nuvicorn\nflask' },
    asked: { framework: 'flask' },
    plan: { framework: 'flask', start: '.venv/bin/flask --app app:app run --host 0.0.0.0 --port 5000' },
  },
  {
    title: 'Next.js with files of Python beside it',
    files: { 'package.json': { dependencies: { next: '16' } }, 'main.py': fastapi },
    plan: { framework: 'nextjs' },
  },
  {
    title: 'Python with packages of JavaScript for tools only',
    files: { 'package.json': { devDependencies: { prettier: '3' } }, 'main.py': 'print(1)' },
    plan: { framework: 'python' },
  },
]

describe('Python', () => testRepositories(repositories))
