# Rill in a container: docker build -t rill .
#
# Not tested yet, and kept simple for that reason.

FROM swift:6.3-bookworm AS build
RUN apt-get update \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    libcurl4-openssl-dev libpq-dev libsqlite3-dev zlib1g-dev libxml2-dev libzip-dev pkg-config \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# Dependencies first: they are compiled again only when the manifest changes.
COPY Package.swift ./
RUN swift package resolve
COPY Sources ./Sources
# The manifest names the targets of tests and benchmarks, so their folders have to exist.
COPY Tests ./Tests
COPY benchmarks ./benchmarks
RUN swift build -c release --product rill --static-swift-stdlib \
  && install -D -s "$(swift build -c release --static-swift-stdlib --show-bin-path)/rill" /out/rill

FROM debian:bookworm-slim
RUN apt-get update \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    ca-certificates curl libcurl4 libpq5 libsqlite3-0 zlib1g libxml2 libzip4 poppler-utils \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --uid 10001 --home-dir /data --create-home rill
WORKDIR /app
COPY --from=build /out/rill ./rill
COPY Public ./Public
USER rill
VOLUME /data
# In a container every client comes from outside, so RILL_API_TOKEN has to be set when it is started.
ENV RILL_HOST=0.0.0.0 RILL_PORT=8000 RILL_DATA_DIR=/data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
  CMD curl --fail --silent --show-error http://127.0.0.1:8000/health >/dev/null || exit 1
ENTRYPOINT ["./rill"]
CMD ["serve"]
