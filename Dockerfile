# One image; the command says what it is: dist/api/main.js, dist/worker/main.js, dist/runtime/migrate-main.js or
# dist/runtime/roles-main.js.
ARG NODE_VERSION=24.20.0-bookworm-slim

FROM node:${NODE_VERSION} AS base
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

FROM base AS production-dependencies
RUN npm ci --omit=dev

FROM base AS build
RUN npm ci
COPY . .
RUN node local/build.js

FROM node:${NODE_VERSION}
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY --from=production-dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
# a volume that is mounted here is of the user below
RUN mkdir -m 700 /documents && chown 1000:1000 /documents
# node, by number: an orchestrator that forbids root can see that it is another user
USER 1000:1000
EXPOSE 3000
# It asks the API; an image that runs something else turns it off.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --start-interval=1s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/api/main.js"]
