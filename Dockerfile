# Console and proxy in one image. With DATABASE_URL it uses that PostgreSQL; without, the embedded one in /data.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN node scripts/run.mjs start --build

FROM node:22-bookworm-slim
ENV NODE_ENV=production WEIR_PREBUILT=1 NEXT_TELEMETRY_DISABLED=1 WEIR_STATE_DIR=/data WEIR_HOST=0.0.0.0 WEIR_LOG_TO=stdout
WORKDIR /app
COPY --from=build --chown=node:node /app /app
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3000 6432
HEALTHCHECK --start-period=60s CMD ["node", "-e", "fetch('http://127.0.0.1:3000/api/health').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "scripts/run.mjs", "start"]
