FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

COPY requirements.txt .
RUN pip install -r requirements.txt

COPY . .
# Both steps need settings but neither a database nor a secret: these values stay in this line.
RUN pybabel --quiet compile --directory locale --domain django \
 && DATABASE_URL=postgresql://none REDIS_URL=redis://none SECRET_KEY=none FIELD_KEYS=none \
    python manage.py collectstatic --noinput --verbosity 0 \
 && useradd --system --uid 10001 --no-create-home portal \
 && mkdir --mode 0700 /data && chown portal /data

USER portal
ENV PORT=8000 PRIVATE_FILES_DIR=/data/private
EXPOSE 8000
VOLUME /data
CMD ["gunicorn", "portal.wsgi", "--workers", "3", "--threads", "4", "--no-control-socket"]
