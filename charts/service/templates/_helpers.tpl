{{- define "service.selectorLabels" -}}
app.kubernetes.io/name: {{ .Release.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "service.labels" -}}
{{ include "service.selectorLabels" . }}
{{- with .Values.image.tag }}
app.kubernetes.io/version: {{ regexReplaceAll "[^A-Za-z0-9._-]" . "-" | trunc 63 | trimAll "-_." | quote }}
{{- end }}
{{- with .Values.partOf }}
app.kubernetes.io/part-of: {{ . }}
{{- end }}
{{- with .Values.component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "service.objectLabels" -}}
{{ include "service.labels" . }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "service.metadata" -}}
name: {{ .Release.Name }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "service.objectLabels" . | nindent 2 }}
{{- end }}

{{/* repository[:tag][@digest] */}}
{{- define "service.image" -}}
{{- with .Values.image -}}
{{- $pinned := required "image: a tag or a digest is required" (or .tag .digest) -}}
{{ required "image.repository is required" .repository }}{{ with .tag }}:{{ . }}{{ end }}{{ with .digest }}@{{ . }}{{ end }}
{{- end }}
{{- end }}

{{/* "true" where the replicas are the autoscaler's. */}}
{{- define "service.autoscaled" -}}
{{- if gt (int .Values.replicas.max) (int .Values.replicas.min) }}true{{ end }}
{{- end }}

{{/* "true" where metrics have a port of their own. */}}
{{- define "service.metricsPort" -}}
{{- if and .Values.metrics.enabled .Values.metrics.port (ne (int .Values.metrics.port) (int .Values.port)) }}true{{ end }}
{{- end }}

{{/* "true" where a volume can be attached to one node at a time. */}}
{{- define "service.singleWriter" -}}
{{- range .Values.volumes }}
{{- if .claim }}
{{- range (.claim.accessModes | default (list "ReadWriteOnce")) }}
{{- if hasPrefix "ReadWriteOnce" . }}true{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* One probe of the container; nothing without a handler. Takes the probe's values. */}}
{{- define "service.probe" -}}
{{- if or .path .command .tcp }}
{{- if .path }}
httpGet:
  path: {{ .path }}
  port: http
{{- else if .command }}
exec:
  command:
    {{- toYaml .command | nindent 4 }}
{{- else }}
tcpSocket:
  port: http
{{- end }}
{{- with .initialDelaySeconds }}
initialDelaySeconds: {{ . }}
{{- end }}
periodSeconds: {{ .periodSeconds }}
timeoutSeconds: {{ .timeoutSeconds }}
failureThreshold: {{ .failureThreshold }}
{{- end }}
{{- end }}

{{/* "ServiceMonitor", or "PodMonitor" for a worker. */}}
{{- define "service.monitor" -}}
{{- ternary "ServiceMonitor" "PodMonitor" .Values.service.enabled }}
{{- end }}

{{/* What a monitor scrapes. In a mesh, the sidecar hands out the service's metrics with its own, without mutual TLS:
     https://istio.io/latest/docs/ops/integrations/prometheus/#option-1-metrics-merging
     Nothing declares that port, and none that is not declared is found: a service's pods are by its own port, a
     worker's by the one that the sidecar declares. */}}
{{- define "service.endpoint" -}}
{{- if .Values.mesh.enabled -}}
- port: {{ ternary "http" "http-envoy-prom" .Values.service.enabled }}
  path: /stats/prometheus
  relabelings:
    - sourceLabels: [__address__]
      regex: (.+):\d+
      targetLabel: __address__
      replacement: $1:15020
{{- else -}}
- port: {{ ternary "metrics" "http" (eq (include "service.metricsPort" .) "true") }}
  path: {{ .Values.metrics.path }}
{{- end }}
  interval: {{ .Values.metrics.interval }}
  scrapeTimeout: {{ .Values.metrics.scrapeTimeout }}
{{- end }}

{{/*
The given annotations, and those by which F5 NGINX does what ingress asks for:
https://docs.nginx.com/nginx-ingress-controller/configuration/ingress-resources/advanced-configuration-with-annotations/
*/}}
{{- define "service.ingressAnnotations" -}}
{{- with .Values.ingress -}}
{{- with .annotations }}
{{ toYaml . }}
{{- end }}
{{- if .cors.origins }}
nginx.org/policies: {{ $.Release.Name }}-cors
{{- end }}
{{- with .rateLimit }}
{{- if .perSecond }}
nginx.org/limit-req-rate: {{ printf "%dr/s" (int .perSecond) }}
nginx.org/limit-req-key: ${binary_remote_addr}
nginx.org/limit-req-scale: "true"
nginx.org/limit-req-reject-code: "429"
{{- if .burst }}
nginx.org/limit-req-burst: {{ int .burst | quote }}
nginx.org/limit-req-no-delay: "true"
{{- end }}
{{- end }}
{{- end }}
{{- if .websocket }}
nginx.org/websocket-services: {{ $.Release.Name }}
{{- end }}
{{- if .sticky }}
{{- /* A cookie of each service's own; `lax`, so that it comes along from pages of the same site. */}}
nginx.org/sticky-cookie-services: serviceName={{ $.Release.Name }} {{ $.Release.Name | replace "-" "_" }}_pod path=/ httponly samesite=lax
{{- end }}
{{- with .maxBodySize }}
nginx.org/client-max-body-size: {{ . | quote }}
{{- end }}
{{- with .readTimeoutSeconds }}
nginx.org/proxy-read-timeout: {{ printf "%ds" (int .) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Annotations that tell a sidecar where the service's own metrics are. */}}
{{- define "service.mergedMetrics" -}}
{{- if and .Values.mesh.enabled .Values.metrics.enabled -}}
prometheus.io/scrape: "true"
prometheus.io/port: {{ .Values.metrics.port | default .Values.port | quote }}
prometheus.io/path: {{ .Values.metrics.path }}
{{- end }}
{{- end }}
