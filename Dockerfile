# syntax=docker/dockerfile:1
# Two stages: the first has what building needs, the second only what running needs.
FROM python:3.13-slim AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/opencpd
COPY app/requirements.txt app/requirements.txt
RUN /opt/opencpd/bin/pip install --require-hashes --no-deps -r app/requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY connectors connectors
COPY migrations migrations
RUN /opt/opencpd/bin/pip install hatchling \
 && /opt/opencpd/bin/pip install --no-deps --no-build-isolation . \
 && /opt/opencpd/bin/pip uninstall -y hatchling

FROM python:3.13-slim
# The faces of every script that a certificate may be set in.
RUN apt-get update \
 && apt-get install -y --no-install-recommends fonts-noto-core fonts-noto-cjk \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /data --create-home opencpd
COPY --from=build /opt/opencpd /opt/opencpd
ENV PATH=/opt/opencpd/bin:$PATH PYTHONUNBUFFERED=1 OPENCPD_DATA_DIR=/data
USER opencpd
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD \
  ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["opencpd", "serve", "--host", "0.0.0.0", "--port", "8000"]
