# shellcheck shell=bash
# What the machine's scripts share: patience, its metadata, packages.

# retry TRIES COMMAND...: again after a pause that doubles, up to a minute.
retry() {
  local tries=$1 pause=2
  shift
  until "$@"; do
    if ((--tries == 0)); then
      echo "groundwork: gave up: $*" >&2
      return 1
    fi
    echo "groundwork: failed, again in $pause s: $*" >&2
    sleep "$pause"
    pause=$((pause < 32 ? pause * 2 : 60))
  done
}

fetch() { curl --fail --silent --show-error --location --max-time 30 "$@"; }

metadata() {
  local token
  token=$(fetch --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
  fetch --header "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"
}

apt() { apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold --quiet=2 --yes "$@"; }

# add_repository NAME KEY SOURCE
add_repository() {
  retry 6 fetch --output "/etc/apt/keyrings/$1.asc" "$2"
  echo "deb [signed-by=/etc/apt/keyrings/$1.asc] $3" >"/etc/apt/sources.list.d/$1.list"
}

# add_kubernetes VERSION: the packages of a release are in the repository of its minor version.
add_kubernetes() {
  local site=https://pkgs.k8s.io/core:/stable:/v${1%.*}/deb
  install --directory --mode=0755 /etc/apt/keyrings
  add_repository kubernetes "$site/Release.key" "$site/ /"
  retry 6 apt update
}

# install_packages PACKAGE...: at these versions, held there.
install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  retry 6 apt install --no-install-recommends --allow-change-held-packages "$@"
  apt-mark hold containerd.io kubelet kubeadm kubectl
}
