terraform {
  required_version = ">= 1.9"
  backend "s3" {
    bucket = "marrowby-terraform-state"
    key    = "services/${{ values.name }}.tfstate"
    region = "eu-west-1"
  }
}

locals {
  service = "${{ values.name }}"
  labels = {
    owner  = "${{ values.ownerName }}"
    system = "${{ values.systemName }}"
    tier   = "${{ values.tier }}"
  }
}

module "identity" {
  source  = "terraform.marrowby.example/platform/service-identity/aws"
  version = "~> 2.1"

  name   = local.service
  labels = local.labels
}
