# Postern as an image: JavaScript built in one stage, production dependencies in another, both copied on a slim Node.
# Runs as an ordinary user on a read-only root; everything that changes is under /var/lib/postern.

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY deploy deploy
COPY src src
RUN node deploy/build.ts

FROM node:24-bookworm-slim AS dependencies
WORKDIR /build
COPY package.json package-lock.json ./
# The optional dependencies are a Node for checkouts; the image has its own.
RUN npm ci --no-audit --no-fund --omit=dev --omit=optional

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json ./
COPY --from=dependencies /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY config config
# The configurations say var/spool and var/keys, which so are on the volume. Volumes take their owner from the folder below them.
RUN install -d -o node -g node /var/lib/postern /run/postern /run/secrets \
 && ln -s /var/lib/postern var \
 && ln -s /app/dist/cli.js /usr/local/bin/postern
USER node
VOLUME /var/lib/postern
EXPOSE 25 2424 2525 8025
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8025/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# The same flags as `npm start`: a small heap grows slowly instead of being held.
ENTRYPOINT ["node", "--max-semi-space-size=4", "--initial-old-space-size=64", "/app/dist/cli.js"]
CMD ["serve"]
