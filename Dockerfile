# glibc: onnxruntime and DuckDB have no binaries for musl.
FROM node:24.22.3-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM node:24.22.3-bookworm-slim
ENV NODE_ENV=production GLASSGRAPH_HOME=/data GLASSGRAPH_SOURCES=/sources
RUN mkdir /data /sources && chown node:node /data
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY migrations ./migrations
COPY examples ./examples
COPY docs/manifest.schema.json ./docs/
COPY src ./src
# node
USER 1000
VOLUME /data
EXPOSE 4000
# Of the server; a worker listens to nobody and has none (--no-healthcheck).
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 4000) + '/ready').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/src/main.ts"]
CMD ["serve", "--restart"]
