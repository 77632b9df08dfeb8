"""What every gunicorn of leadops writes about a request: never its query, which may name a mobile number."""

accesslog = "-"
access_log_format = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(b)s %(M)s ms'
