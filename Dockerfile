# connbudget alone in an image, for pipelines that run containers: `docker run --rm -v "$PWD:/src:ro" connbudget lint`.
# musl makes the binary static, so nothing else is needed; `diff` needs git, which is not in it.
FROM rust:1.95-alpine AS build
# hadolint ignore=DL3018
RUN apk add --no-cache musl-dev
WORKDIR /build
COPY Cargo.toml Cargo.lock build.rs ./
COPY src src
COPY rules rules
COPY benches benches
COPY fixtures/rules fixtures/rules
RUN cargo build --locked --release --bin connbudget

FROM scratch
COPY --from=build /build/target/release/connbudget /connbudget
COPY LICENSE-APACHE LICENSE-MIT /
# Files are read as whoever runs it may read them; nothing is written.
USER 65532:65532
WORKDIR /src
ENTRYPOINT ["/connbudget"]
CMD ["lint"]
